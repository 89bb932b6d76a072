/**
 * `<pysim-run preset="llama3-8b" seed="7">`: puts a lazy iframe of the embeddable page there. Becomes `embed.js`, a
 * plain script that any page may include.
 *
 * Every attribute is an option of the command line or of the embed (autoplay, controls, theme, fontsize, poster, loop,
 * loading); class, id, style, slot, title, hidden, width and height stay the element's own. The element fires
 * `ready`, `time`, `phase`, `checkpoint`, `validation`, `incident` and `ended`, with the message as `detail`.
 */

import type { PysimRunElement } from "../../public/embed";
import { type RunState, readFromRun, type ToRun } from "./messages";

const OWN_ATTRIBUTES = new Set([
  "class",
  "id",
  "style",
  "slot",
  "title",
  "hidden",
  "width",
  "height",
  "tabindex",
  "lang",
  "dir",
]);
const SITE = new URL("./", (document.currentScript as HTMLScriptElement | null)?.src || document.baseURI);
const DEFAULT_HEIGHT = "420px";
const PATIENCE_MILLISECONDS = 10_000;

/** Without `Omit`, TypeScript's union members would lose their fields. */
type Command = ToRun extends infer Message ? (Message extends ToRun ? Omit<Message, "pysim"> : never) : never;

export class PysimRun extends HTMLElement implements PysimRunElement {
  #frame: HTMLIFrameElement | null = null;
  #answers = new Map<number, (state: RunState) => void>();
  #nextQuestion = 1;
  readonly #listener = (event: MessageEvent<unknown>): void => this.#receive(event);

  connectedCallback(): void {
    this.#frame ??= this.#makeFrame();
    addEventListener("message", this.#listener);
  }

  disconnectedCallback(): void {
    removeEventListener("message", this.#listener);
  }

  play(): void {
    this.#send({ type: "play" });
  }

  pause(): void {
    this.#send({ type: "pause" });
  }

  /** To a place in the run, in run seconds. */
  seek(seconds: number): void {
    this.#send({ type: "seek", seconds });
  }

  /** From 0.1 to 10,000. */
  setSpeed(factor: number): void {
    this.#send({ type: "setSpeed", factor });
  }

  getState(): Promise<RunState> {
    const id = this.#nextQuestion;
    this.#nextQuestion += 1;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("the run does not answer")), PATIENCE_MILLISECONDS);
      this.#answers.set(id, (state) => {
        clearTimeout(timer);
        resolve(state);
      });
      this.#send({ type: "getState", id });
    });
  }

  #makeFrame(): HTMLIFrameElement {
    const query = new URLSearchParams();
    for (const { name, value } of this.attributes) {
      if (!OWN_ATTRIBUTES.has(name) && !/^(on|data-|aria-)/.test(name)) query.set(name, value);
    }
    const url = new URL("embed.html", SITE);
    url.search = query.toString();
    const frame = document.createElement("iframe");
    frame.src = url.href;
    frame.title = this.title || "A simulated training run";
    frame.loading = query.get("loading") === "eager" ? "eager" : "lazy";
    frame.allow = "fullscreen; clipboard-write";
    Object.assign(frame.style, { border: "0", display: "block", width: "100%", height: "100%" });
    Object.assign(this.style, {
      display: "block",
      width: this.style.width || size(this.getAttribute("width"), "100%"),
      height: this.style.height || size(this.getAttribute("height"), DEFAULT_HEIGHT),
    });
    this.attachShadow({ mode: "open" }).append(frame); // the page's rules for iframes are not meant for this one
    return frame;
  }

  #send(command: Command): void {
    this.#frame?.contentWindow?.postMessage({ pysim: 1, ...command }, SITE.origin === "null" ? "*" : SITE.origin);
  }

  #receive(event: MessageEvent<unknown>): void {
    if (this.#frame === null || event.source !== this.#frame.contentWindow) return;
    const message = readFromRun(event.data);
    if (message === null) return;
    if (message.type !== "state") {
      this.dispatchEvent(new CustomEvent(message.type, { detail: message }));
      return;
    }
    this.#answers.get(message.id)?.(message.state);
    this.#answers.delete(message.id);
  }
}

function size(attribute: string | null, otherwise: string): string {
  if (attribute === null) return otherwise;
  return /^\d+$/.test(attribute) ? `${attribute}px` : attribute;
}

if (!customElements.get("pysim-run")) customElements.define("pysim-run", PysimRun);
