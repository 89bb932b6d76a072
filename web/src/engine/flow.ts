/** Flow control: how much text is on its way to the terminal, and whether more may be made. */

const MOST_PENDING_CHARACTERS = 100_000;
const HIGH_WATER_WRITES = 10;
const LOW_WATER_WRITES = 4;

export class Flow {
  #characters = 0;
  #writes = 0;
  #held = false;

  sent(characters: number): void {
    this.#characters += characters;
    this.#writes += 1;
    if (this.#writes >= HIGH_WATER_WRITES) this.#held = true;
  }

  written(characters: number): void {
    this.#characters = Math.max(0, this.#characters - characters);
    this.#writes = Math.max(0, this.#writes - 1);
    if (this.#writes <= LOW_WATER_WRITES) this.#held = false;
  }

  /** While this is false the show skips: its clock runs on, and the next frame covers the time in between. */
  get open(): boolean {
    return !this.#held && this.#characters < MOST_PENDING_CHARACTERS;
  }
}
