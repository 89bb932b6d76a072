/**
 * The frame in a `<pysim-run>`: loads the embeddable page, keeps what is said to it until it listens, and brings it back
 * to where it was when the element is moved in its document, which makes a browser load every frame anew.
 */

import { type FromRun, type RunState, readFromRun, type ToRun, VERSION } from "./messages";

/** After the frame's load event: until then the page's own scripts should be there. */
const PATIENCE_MILLISECONDS = 8_000;
/** After the frame has come into sight: not every browser has a load event for what it does not let load. */
const LONGER_PATIENCE_MILLISECONDS = 15_000;

const ADVICE =
  "pysim: the frame does not answer. A page that isolates itself (Cross-Origin-Embedder-Policy) can show it only if the run's " +
  "site sends Cross-Origin-Embedder-Policy: require-corp and Cross-Origin-Resource-Policy: cross-origin with its files; a " +
  "Content-Security-Policy has to allow that site in frame-src.";

export class EmbedFrame {
  readonly element = document.createElement("iframe");
  /** Where it was when it was last heard of. */
  last: RunState | null = null;
  readonly #site: URL;
  readonly #receive: (message: FromRun) => void;
  readonly #listener = (event: MessageEvent<unknown>): void => this.#hear(event);
  #query = "";
  #isListening = false;
  /** Said first, to be where it was. */
  #return: ToRun[] = [];
  #waiting: ToRun[] = [];
  #note: HTMLElement | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(site: URL, receive: (message: FromRun) => void) {
    this.#site = site;
    this.#receive = receive;
    this.element.allow = "fullscreen; clipboard-write";
    // An isolated page loads no other kind of frame from a site without headers for it. Elsewhere it would only cost the
    // visitor's settings and the offline copy.
    if (window.crossOriginIsolated) this.element.setAttribute("credentialless", "");
    this.element.addEventListener("load", () => this.#waitForAnswer(PATIENCE_MILLISECONDS));
    new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) this.#waitForAnswer(LONGER_PATIENCE_MILLISECONDS);
    }).observe(this.element);
  }

  connect(query: string): void {
    addEventListener("message", this.#listener);
    const last = query === this.#query ? this.last : null;
    this.#return = last === null ? [] : wayBack(last);
    this.#load(query, last);
  }

  disconnect(): void {
    removeEventListener("message", this.#listener);
    clearTimeout(this.#timer);
    this.#isListening = false;
  }

  pauseWhenBack(): void {
    if (this.last !== null) this.last = { ...this.last, paused: true };
  }

  /** A lazy frame is wanted before anybody has scrolled to it. */
  loadNow(): void {
    this.element.loading = "eager";
  }

  /** Other options. */
  ask(query: string): void {
    if (query === this.#query) return;
    if (!this.#isListening) this.#load(query, null);
    else this.send({ pysim: VERSION, type: "setOptions", query });
    this.#query = query;
  }

  send(message: ToRun): void {
    if (!this.#isListening) this.#waiting.push(message);
    else this.element.contentWindow?.postMessage(message, this.#site.origin === "null" ? "*" : this.#site.origin);
  }

  #load(query: string, last: RunState | null): void {
    this.#query = query;
    const options = new URLSearchParams(query);
    const url = new URL("embed.html", this.#site);
    url.search = last === null ? query : goingOn(options, last).toString();
    this.element.loading = options.get("loading") === "eager" || last !== null ? "eager" : "lazy";
    if (this.element.src !== url.href) this.element.src = url.href;
  }

  #hear(event: MessageEvent<unknown>): void {
    if (event.source !== this.element.contentWindow || event.source === null) return;
    const message = readFromRun(event.data);
    if (message === null) return;
    if (!this.#isListening) this.#begin();
    if ("state" in message) this.last = message.state;
    this.#receive(message);
  }

  /** With the first word of the frame, whichever it is: an older one says `time` only. */
  #begin(): void {
    this.#isListening = true;
    clearTimeout(this.#timer);
    this.#note?.remove();
    for (const message of [...this.#return.splice(0), ...this.#waiting.splice(0)]) this.send(message);
  }

  #waitForAnswer(milliseconds: number): void {
    clearTimeout(this.#timer);
    if (this.#isListening || this.element.src === "") return;
    this.#timer = setTimeout(() => this.#say(), milliseconds);
  }

  #say(): void {
    console.warn(ADVICE);
    const link = Object.assign(document.createElement("a"), { target: "_blank", rel: "noopener" });
    const page = new URL("./", this.#site);
    page.search = this.#query;
    link.href = page.href;
    link.textContent = "Open it on its own page.";
    this.#note?.remove();
    this.#note = document.createElement("p");
    this.#note.append("The run could not load here. ", link);
    this.element.before(this.#note);
  }
}

/** What asks for the run that was on show, with the page's own options as they were. */
function goingOn(options: URLSearchParams, { query }: RunState): URLSearchParams {
  const own = ["controls", "theme", "fontsize", "loop", "notes", "caption", "credit", "border"].flatMap((name) =>
    options.getAll(name).map((value) => [name, value]),
  );
  return new URLSearchParams([...new URLSearchParams(query), ...own]);
}

/** What brings a run to where it was. As long as nothing is known of the run, that is its beginning. */
function wayBack({ seconds, speed, paused }: RunState): ToRun[] {
  return [
    { pysim: VERSION, type: "setSpeed", factor: speed },
    ...(seconds > 0 ? [{ pysim: VERSION, type: "seek", seconds } as const] : []),
    ...(paused ? [{ pysim: VERSION, type: "pause" } as const] : []),
  ];
}
