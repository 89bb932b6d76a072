/**
 * `<pysim-run preset="llama3-8b" seed="7">`: an embedded run that behaves as the elements of HTML do. Becomes `embed.js`, a
 * plain script that any page may include.
 *
 * Every attribute is an option of the command line or of the embed (autoplay, controls, theme, fontsize, poster, loop,
 * loading, notes, caption, credit, border) and can be changed at any time; class, id, style, slot, title, hidden, width and
 * height are what they are everywhere. The element fires `ready`, `time`, `phase`, `checkpoint`, `validation`, `incident`, `recovered` and `ended`,
 * with the message as `detail`.
 */

import type { ChapterOfRun, CurveOptions, CurvePoint, Explanation, Place, PysimRunElement } from "../../public/embed";
import { REPEATABLE } from "../generated/constants";
import { words } from "../page/words";
import { EmbedFrame } from "./frame";
import { type FromRun, type RunState, type ToRun, VERSION } from "./messages";

const OWN_ATTRIBUTES = new Set(
  ["class", "id", "style", "slot", "part", "title", "hidden", "width", "height", "tabindex", "lang", "dir"].concat([
    "accesskey",
    "draggable",
    "inert",
    "is",
    "nonce",
    "popover",
    "role",
    "translate",
  ]),
);
const SITE = new URL("./", (document.currentScript as HTMLScriptElement | null)?.src || document.baseURI);
const DEFAULT_SIZE = { width: "100%", height: "420px" };
const DEFAULT_TITLE = "A simulated training run";
const PATIENCE_MILLISECONDS = 10_000;

export class PysimRun extends HTMLElement implements PysimRunElement {
  /** The page's rules for iframes are not meant for this one. */
  readonly #shadow = this.attachShadow({ mode: "open" });
  readonly #sheet = new CSSStyleSheet();
  readonly #frame = new EmbedFrame(SITE, (message) => this.#receive(message));
  readonly #answers = new Map<number, (state: RunState) => void>();
  readonly #injections = new Map<number, (refusal: string) => void>();
  readonly #questions = new Map<number, (answer: { refusal: string; value: unknown }) => void>();
  #tellReady = (_state: RunState): void => {};
  /** Resolves once seek and chapters work. */
  readonly ready = new Promise<RunState>((resolve) => {
    this.#tellReady = resolve;
  });
  readonly #changes = new MutationObserver(() => this.#changed());
  #nextQuestion = 1;

  constructor() {
    super();
    this.#shadow.adoptedStyleSheets = [this.#sheet];
    this.#changes.observe(this, { attributes: true });
  }

  connectedCallback(): void {
    this.#style();
    this.#frame.connect(this.#query());
    const { element } = this.#frame;
    // Not before it has an address: while a parser inserts an element, a frame loses the one that it is given.
    if (element.parentNode === null) this.#shadow.append(element);
  }

  disconnectedCallback(): void {
    this.#frame.disconnect();
    const gone = "The run was taken out of its page before it could happen.";
    for (const answer of this.#injections.values()) answer(gone);
    for (const answer of this.#questions.values()) answer({ refusal: gone, value: null });
    this.#injections.clear();
    this.#questions.clear();
    queueMicrotask(() => {
      if (!this.isConnected) this.#frame.pauseWhenBack(); // taken away, not moved
    });
  }

  /** Moved by `moveBefore`: nothing is lost. */
  connectedMoveCallback(): void {}

  play(): void {
    this.#frame.loadNow();
    this.#send({ pysim: VERSION, type: "play" });
  }

  pause(): void {
    this.#send({ pysim: VERSION, type: "pause" });
  }

  /** What is not loaded does not play. */
  get paused(): boolean {
    return this.#frame.last?.paused ?? true;
  }

  /** In run seconds. */
  get currentTime(): number {
    return this.#frame.last?.seconds ?? 0;
  }

  set currentTime(seconds: number) {
    void this.seek(Number(seconds));
  }

  /** To a place in the run: run seconds, or as somebody types it who watches; rejects if there is no such place. */
  async seek(place: Place): Promise<void> {
    if (typeof place === "number") this.#send({ pysim: VERSION, type: "seek", seconds: place });
    else await this.#ask({ type: "goTo", place });
  }

  /** Plays to a place and pauses there. */
  async playUntil(place: Place): Promise<RunState> {
    return (await this.#ask({ type: "playUntil", place: spelled(place) })) as RunState;
  }

  async getCurve({ points = 240, from, until }: CurveOptions = {}): Promise<CurvePoint[]> {
    return (await this.#ask({ type: "getCurve", points, from: spelled(from), until: spelled(until) })) as CurvePoint[];
  }

  async getChapters(): Promise<ChapterOfRun[]> {
    return (await this.#ask({ type: "getChapters" })) as ChapterOfRun[];
  }

  async getEvents(from?: Place, until?: Place): Promise<Record<string, unknown>[]> {
    const found = await this.#ask({ type: "getEvents", from: spelled(from), until: spelled(until) });
    return found as Record<string, unknown>[];
  }

  async explain(what = ""): Promise<Explanation> {
    return (await this.#ask({ type: "explain", what })) as Explanation;
  }

  /** From 0.1 to 10,000. */
  setSpeed(factor: number): void {
    this.#send({ pysim: VERSION, type: "setSpeed", factor });
  }

  getState(): Promise<RunState> {
    const id = this.#nextQuestion;
    this.#nextQuestion += 1;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#answers.delete(id);
        reject(new Error("the run does not answer"));
      }, PATIENCE_MILLISECONDS);
      this.#answers.set(id, (state) => {
        clearTimeout(timer);
        resolve(state);
      });
      this.#send({ pysim: VERSION, type: "getState", id });
    });
  }

  /** Lets something happen at the moment on show; rejects with the reason if it does not. */
  inject(cause: string, where = ""): Promise<void> {
    const id = this.#nextQuestion;
    this.#nextQuestion += 1;
    this.#frame.loadNow();
    return new Promise((resolve, reject) => {
      this.#injections.set(id, (refusal) => (refusal === "" ? resolve() : reject(new Error(refusal))));
      this.#send({ pysim: VERSION, type: "inject", id, cause, where });
    });
  }

  /** Loads the run at once; the answer rejects with one line where it cannot be. */
  #ask(question: Question): Promise<unknown> {
    const id = this.#nextQuestion;
    this.#nextQuestion += 1;
    this.#frame.loadNow();
    return new Promise((resolve, reject) => {
      this.#questions.set(id, ({ refusal, value }) => (refusal === "" ? resolve(value) : reject(new Error(refusal))));
      this.#send({ pysim: VERSION, id, ...question } as ToRun);
    });
  }

  /** What was set before something is asked for is told before it. */
  #send(message: ToRun): void {
    if (this.#changes.takeRecords().length > 0) this.#changed();
    this.#frame.send(message);
  }

  #changed(): void {
    this.#style();
    if (this.isConnected) this.#frame.ask(this.#query());
  }

  /** Of least weight, as a browser's own style sheet is: any rule of the page wins. */
  #style(): void {
    const size = (name: "width" | "height"): string =>
      `${name}:${length(this.getAttribute(name)) ?? DEFAULT_SIZE[name]}`;
    this.#sheet.replaceSync(
      `:host{display:block;${size("width")};${size("height")}}:host([hidden]){display:none}iframe{border:0;display:block;width:100%;height:100%}p{margin:0;padding:1em;font:14px system-ui,sans-serif}`,
    );
    this.#frame.element.title = this.title || DEFAULT_TITLE;
  }

  #query(): string {
    const query = new URLSearchParams();
    for (const { name, value } of this.attributes) {
      if (OWN_ATTRIBUTES.has(name) || /^(on|data-|aria-)/.test(name)) continue;
      for (const each of REPEATABLE.includes(name) ? words(value) : [value]) query.append(name, each);
    }
    return query.toString();
  }

  #receive(message: FromRun): void {
    if (message.type === "listening") return;
    if (message.type === "state") {
      this.#answers.get(message.id)?.(message.state);
      this.#answers.delete(message.id);
    } else if (message.type === "injected") {
      this.#injections.get(message.id)?.(message.refusal);
      this.#injections.delete(message.id);
    } else if (message.type === "answer") {
      this.#questions.get(message.id)?.(message);
      this.#questions.delete(message.id);
    } else {
      if (message.type === "ready") this.#tellReady(message.state);
      this.dispatchEvent(new CustomEvent(message.type, { detail: message }));
    }
  }
}

/** What is asked for without its number. */
type Question = {
  [Type in ToRun["type"]]: Omit<Extract<ToRun, { type: Type }>, "pysim" | "id">;
}["goTo" | "playUntil" | "getCurve" | "getChapters" | "getEvents" | "explain"];

/** A place as the core reads it; empty where none is named. */
function spelled(place: Place | undefined): string {
  return typeof place === "number" ? `${Math.max(0, place).toFixed(6)}s` : (place ?? "");
}

/** A length as the attributes of HTML have it: pixels without a unit, or a percentage. Nothing else gets into the style. */
function length(attribute: string | null): string | null {
  const [, number, unit] = /^\s*(\d+(?:\.\d+)?)(%|px|r?em|v[wh])?\s*$/.exec(attribute ?? "") ?? [];
  return number === undefined ? null : `${number}${unit ?? "px"}`;
}

if (!customElements.get("pysim-run")) customElements.define("pysim-run", PysimRun);
