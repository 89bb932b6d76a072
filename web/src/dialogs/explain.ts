/**
 * A panel beside a line or a number of the terminal that says what it is. The show pauses while it is open, so that the line
 * stays where it is; it is not modal: all keys and controls go on working, and a show that is played on goes on.
 *
 * A row is held by a marker, which moves with it, until the engine has stopped and all of its text is written; then the row
 * is counted up from the last one, as the core counts what it wrote.
 */

import type { IDecoration, IMarker } from "@xterm/xterm";
import type { Explanation } from "../generated/protocol";
import { element } from "../page/dom";
import type { Show } from "../show/show";
import { type Cell, lastRow } from "../terminal/pointing";
import type { TerminalView } from "../terminal/terminal";

export interface ExplanationTargets {
  terminal: TerminalView;
  show: Show;
}

const ID = "explanation";
/** Rows of one line, and lines of the show's own, that a step to the next line passes over at most. */
const MOST_ROWS_PASSED = 60;
const WAITING = "The simulator is still loading. As soon as it is there, this line is explained.";
const NOTHING = "There is nothing to say of this row: it is no line of the run on show, or too long ago.";
const NARROW = "(max-width: 600px)";

let open: ExplanationPanel | null = null;

/** @param cell what is meant; null for the newest line */
export function openExplanation(targets: ExplanationTargets, cell: Cell | null): Promise<void> {
  open ??= new ExplanationPanel(targets, () => {
    open = null;
  });
  return open.explain(cell);
}

class ExplanationPanel {
  readonly #targets: ExplanationTargets;
  readonly #closed: () => void;
  readonly #heading = element("h2", { id: `${ID}-title`, tabindex: -1, "aria-live": "polite" });
  readonly #content = element("div", {
    class: "explanation-body scrolls",
    tabindex: 0,
    role: "group",
    "aria-label": "What it is",
  });
  readonly #element: HTMLElement;
  readonly #before = document.activeElement;
  readonly #stops: (() => void)[] = [];
  #marker: IMarker | undefined;
  #decoration: IDecoration | undefined;
  #held: { up: number; text: string } | null = null;
  #column = 0;
  #asked = 0;
  #said = "";
  #scrolled = false;
  /** This panel has paused the show. */
  #pauses = false;

  constructor(targets: ExplanationTargets, closed: () => void) {
    this.#targets = targets;
    this.#closed = closed;
    const older = button("Line above", "↑", () => void this.#step(-1));
    const newer = button("Line below", "↓", () => void this.#step(1));
    const close = button("Close the explanation", "×", () => this.close());
    const head = element("header", {}, this.#heading, older, newer, close);
    this.#element = element("section", { id: ID, "aria-labelledby": this.#heading.id }, head, this.#content);
    const leave = (event: KeyboardEvent): void => {
      if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]") !== null) return;
      event.preventDefault();
      this.close();
    };
    document.addEventListener("keydown", leave);
    this.#stops.push(() => document.removeEventListener("keydown", leave));
    targets.terminal.element.after(this.#element);
  }

  /** @param cell null for the newest line; then the focus comes here: it was a key */
  async explain(cell: Cell | null): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    this.#hold(cell?.row);
    this.#column = cell?.column ?? 0;
    await this.#stand();
    if (asked !== this.#asked) return;
    if (cell === null) await this.#explainNewest();
    else this.#tell(await this.#askOfRow());
    if (cell === null && asked === this.#asked) this.#heading.focus();
  }

  close(): void {
    const { show, terminal } = this.#targets;
    this.#asked += 1;
    for (const stop of this.#stops) stop();
    this.#marker?.dispose();
    terminal.element.style.removeProperty("transform");
    const hadFocus = this.#element.contains(document.activeElement);
    this.#element.remove();
    if (hadFocus && this.#before instanceof HTMLElement && this.#before.isConnected) this.#before.focus();
    if (this.#scrolled) terminal.showNewest();
    if (this.#pauses && show.state.paused) show.play();
    this.#closed();
  }

  // ---- which row

  get #lastRow(): number {
    return lastRow(this.#targets.terminal.xterm);
  }

  /** Keeps sight of a row while it moves. */
  #hold(row: number | undefined): void {
    this.#marker?.dispose();
    const { xterm } = this.#targets.terminal;
    this.#marker = row === undefined ? undefined : xterm.registerMarker(row - this.#lastRow);
    this.#held = row === undefined ? null : { up: this.#lastRow - row, text: this.#textOf(row) };
  }

  #textOf(row: number): string {
    return this.#targets.terminal.xterm.buffer.active.getLine(row)?.translateToString(true) ?? "";
  }

  /** A resize takes markers away; the row is then where its text is again, next to where it was, counted from the end. */
  #findAgain(): void {
    if (this.#held === null || (this.#marker !== undefined && !this.#marker.isDisposed)) return;
    const { up, text } = this.#held;
    const wanted = this.#lastRow - up;
    const near = Array.from({ length: 2 * this.#targets.terminal.xterm.rows }, (_, index) =>
      index % 2 === 0 ? wanted + index / 2 : wanted - (index + 1) / 2,
    );
    this.#hold(
      near.find((row) => row >= 0 && row <= this.#lastRow && this.#textOf(row) === text) ?? Math.max(0, wanted),
    );
  }

  /** Until the engine has the screen, nothing moves, and everything is written. */
  async #stand(): Promise<void> {
    const { show, terminal } = this.#targets;
    if (show.mode !== "engine") {
      this.#say(WAITING, "one moment");
      show.loadEngine();
      if (show.state.paused) show.play(); // a recording that stands still never comes to where the engine is
      await until(show, () => show.mode === "engine");
    }
    if (!show.state.paused && !show.state.ended) {
      this.#pauses = true;
      show.pause();
    }
    await until(show, () => show.isSettled);
    await new Promise<void>((resolve) => terminal.xterm.write("", resolve));
    this.#findAgain();
  }

  /** That of the first row above what is no log. On a screen without a log it is told by the time. */
  async #explainNewest(): Promise<void> {
    const { show, terminal } = this.#targets;
    const live = show.state.live_rows;
    if (live >= terminal.xterm.rows) {
      this.#tell(await show.explain(""));
      return;
    }
    this.#hold(this.#lastRow - live);
    const found = await this.#askOfRow();
    if (found === null) await this.#step(-1);
    else this.#tell(found);
  }

  #askOfRow(): Promise<Explanation | null> {
    const up = this.#rowsUp;
    return up === null ? Promise.resolve(null) : this.#targets.show.explain(`row ${up} ${this.#column}`);
  }

  get #rowsUp(): number | null {
    const line = this.#marker?.line ?? -1;
    return line < 0 ? null : this.#lastRow - line;
  }

  /** To the next line above or below. */
  async #step(by: 1 | -1): Promise<void> {
    const before = this.#said;
    for (let passed = 0; passed < MOST_ROWS_PASSED; passed += 1) {
      const row = (this.#marker?.line ?? this.#lastRow) + by;
      if (row < 0 || row > this.#lastRow) return;
      this.#hold(row);
      const found = await this.#askOfRow();
      if (found === null || identity(found) === before) continue;
      this.#tell(found);
      return;
    }
  }

  // ---- what is said

  #tell(found: Explanation | null): void {
    if (found === null) this.#say(NOTHING, "nothing to explain");
    else {
      this.#said = identity(found);
      this.#heading.textContent = found.title;
      this.#content.replaceChildren(...contentOf(found));
      this.#content.scrollTop = 0;
    }
    this.#reveal();
    this.#mark();
    this.#place();
  }

  /** A row that has gone out of sight, or never was in it. */
  #reveal(): void {
    const { xterm } = this.#targets.terminal;
    const row = this.#marker?.line ?? -1;
    const { viewportY } = xterm.buffer.active;
    if (row >= 0 && (row < viewportY || row >= viewportY + xterm.rows)) {
      xterm.scrollToLine(Math.max(0, row - Math.floor(xterm.rows / 4)));
      this.#scrolled = true;
    }
  }

  #say(sentence: string, title: string): void {
    this.#heading.textContent = title;
    this.#content.replaceChildren(element("p", {}, sentence));
    this.#place();
  }

  /** The row that is meant, as long as the show stands still. */
  #mark(): void {
    const { terminal, show } = this.#targets;
    this.#decoration?.dispose();
    if (this.#marker === undefined || this.#marker.isDisposed) return;
    const background = document.documentElement.style.getPropertyValue("--edge");
    this.#decoration = terminal.xterm.registerDecoration({
      marker: this.#marker,
      width: terminal.xterm.cols,
      ...(/^#[0-9a-f]{6}$/i.test(background) ? { backgroundColor: background } : {}),
    });
    const decoration = this.#decoration;
    decoration?.onRender((drawn) => drawn.classList.add("explained-row")); // where a background is not seen
    const stop = show.on("state", ({ paused }) => {
      if (paused) return;
      stop();
      decoration?.dispose();
    });
    this.#stops.push(stop);
  }

  /** Beside the row: at the end of the terminal, or at its beginning where the row is in the lower half. A narrow page lifts the row instead. */
  #place(): void {
    const { element: box, xterm } = this.#targets.terminal;
    const row = this.#marker === undefined ? 0 : this.#marker.line - xterm.buffer.active.viewportY;
    const share = (row + 1) / xterm.rows;
    const isNarrow = matchMedia(NARROW).matches;
    this.#element.classList.toggle("above", share > 0.5 && !isNarrow);
    box.style.removeProperty("transform");
    const { bottom } = box.getBoundingClientRect();
    const rowBottom = box.getBoundingClientRect().top + share * box.clientHeight;
    const covered = isNarrow ? rowBottom - (bottom - this.#element.offsetHeight) : 0;
    if (covered > 0) box.style.transform = `translateY(${-Math.ceil(covered)}px)`;
  }
}

/** Two rows of one line have the same. */
function identity({ name, title, run_seconds }: Explanation): string {
  return `${name} ${title} ${run_seconds}`;
}

function until(show: Show, isSo: () => boolean): Promise<void> {
  if (isSo()) return Promise.resolve();
  return new Promise((resolve) => {
    const look = (): void => {
      if (!isSo()) return;
      for (const stop of stops) stop();
      resolve();
    };
    const stops = [show.on("state", look), show.on("mode", look)];
  });
}

function button(label: string, sign: string, run: () => void): HTMLButtonElement {
  const made = element("button", { type: "button", "aria-label": label, title: label }, sign);
  made.addEventListener("click", run);
  return made;
}

function contentOf({ about, numbers, better, known, truth, read }: Explanation): HTMLElement[] {
  const parts: HTMLElement[] = [element("p", {}, about)];
  if (numbers.length > 0) parts.push(element("dl", {}, ...numbers.flatMap(numberOf)));
  if (better !== "") parts.push(section("Better or worse", element("p", {}, better)));
  if (known.length > 0) parts.push(section("Known so far", ...known.map((sentence) => element("p", {}, sentence))));
  if (truth.length > 0) {
    const told = truth.filter((sentence) => sentence !== "").map((sentence) => element("p", {}, sentence));
    parts.push(element("details", {}, element("summary", {}, "What it really was"), ...told));
  }
  if (read.length > 0) {
    const links = read.map(({ title, url }) =>
      element("li", {}, element("a", { href: url, target: "_blank", rel: "noopener" }, title)),
    );
    parts.push(section("Read more", element("ul", {}, ...links)));
  }
  return parts;
}

function numberOf({ name, text, formula, meaning }: Explanation["numbers"][number]): HTMLElement[] {
  const made = formula === "" || formula === text ? [] : [" = ", element("code", {}, formula)];
  const value = element("dd", {}, element("strong", {}, text), ...made);
  return [element("dt", {}, name), value, ...(meaning === "" ? [] : [element("dd", { class: "meaning" }, meaning)])];
}

function section(title: string, ...content: Node[]): HTMLElement {
  return element("div", {}, element("h3", {}, title), ...content);
}
