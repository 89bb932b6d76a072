/**
 * The page's one live region. For screen readers it has one short sentence, at most every few seconds, instead of the
 * fire-hose; the answer to something the visitor did is for everybody, and is seen for a moment, too.
 */

const SECONDS_BETWEEN = 10;
const SECONDS_SEEN = 4;
const UNSEEN = "unseen";
const TOAST = "toast";

export class Status {
  readonly #line: HTMLElement;
  readonly #place: HTMLElement | null;
  #said = "";
  #last = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(line: HTMLElement) {
    this.#line = line;
    this.#place = line.parentElement;
    // What is outside of a modal dialog is neither seen nor read.
    document.addEventListener("dialog", ({ target }) => this.#moveInto(target as HTMLElement));
  }

  /** Something that happens by itself: said when it is time again. */
  update(sentence: string, now = performance.now()): void {
    if (sentence === "" || sentence === this.#said || now - this.#last < SECONDS_BETWEEN * 1000) return;
    this.#say(sentence, now);
  }

  /** The answer to something the visitor did: said at once. */
  say(sentence: string, now = performance.now()): void {
    this.#say(sentence, now);
    this.#show(true);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#show(false), SECONDS_SEEN * 1000);
  }

  #say(sentence: string, now: number): void {
    this.#said = sentence;
    this.#last = now;
    this.#line.replaceChildren(sentence); // a new node: the same words again are said again
  }

  #show(isSeen: boolean): void {
    this.#line.classList.toggle(TOAST, isSeen);
    this.#line.classList.toggle(UNSEEN, !isSeen);
  }

  #moveInto(dialog: HTMLElement): void {
    dialog.append(this.#line);
    dialog.addEventListener("close", () => this.#place?.append(this.#line), { once: true });
  }
}
