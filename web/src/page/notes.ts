/** Messages that the visitor must see: refused options, a browser that lacks something, an engine that failed. */

import type { Problem } from "../generated/protocol";
import { element } from "./dom";

const TYPED_TEXT_SHOWN = 60;

export class Notes {
  readonly #box: HTMLElement;

  constructor(box: HTMLElement) {
    this.#box = box;
  }

  show(...lines: string[]): void {
    if (lines.length === 0) return;
    const close = element("button", { type: "button", class: "note-close", "aria-label": "Dismiss message" }, "×");
    const text = element("div", {}, ...lines.map((line) => element("p", {}, line)));
    const note = element("div", { class: "note", role: "alert" }, text, close);
    close.addEventListener("click", () => note.remove());
    this.#box.append(note);
  }

  problems(problems: Problem[]): void {
    this.show(...problems.map(describeProblem));
  }

  clear(): void {
    this.#box.replaceChildren();
  }
}

export function describeProblem({ option, value, message }: Problem): string {
  if (value === null || value === "") return `${option}: ${message}`;
  const typed = value.length > TYPED_TEXT_SHOWN ? `${value.slice(0, TYPED_TEXT_SHOWN)}…` : value;
  const end = message.endsWith("?") ? "" : ".";
  return `${option}: “${typed}” ${message}${end} The default is used instead.`;
}
