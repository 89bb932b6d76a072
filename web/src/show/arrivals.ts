/**
 * When what a command brings is on the screen: the engine has obeyed it, and the terminal has taken all text that came
 * before the engine said so.
 */

interface Arrival {
  command: number;
  /** How many texts had come when it was obeyed; null until then. */
  texts: number | null;
  then: () => void;
}

export class Arrivals {
  #awaited: Arrival[] = [];
  #come = 0;
  #taken = 0;

  await(command: number, then: () => void): void {
    this.#awaited.push({ command, texts: null, then });
  }

  textCame(): void {
    this.#come += 1;
  }

  /** In the order in which they came. */
  textTaken(): void {
    this.#taken += 1;
    this.#settle();
  }

  /** So many commands are obeyed. */
  obeyed(commands: number): void {
    for (const arrival of this.#awaited) if (arrival.command <= commands) arrival.texts ??= this.#come;
    this.#settle();
  }

  /** Nothing of it will come any more. */
  giveUp(): void {
    for (const { then } of this.#awaited.splice(0)) then();
  }

  #settle(): void {
    const isThere = ({ texts }: Arrival): boolean => texts !== null && texts <= this.#taken;
    const there = this.#awaited.filter(isThere);
    this.#awaited = this.#awaited.filter((arrival) => !isThere(arrival));
    for (const { then } of there) then();
  }
}
