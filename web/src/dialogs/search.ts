/** A search line over the terminal: Enter goes back in time, shift and Enter forward, as its two arrows do; Escape closes. */

import type { Terminal } from "@xterm/xterm";
import { icon } from "../controls/icons";
import { element } from "../page/dom";
import { Finder, type FoundColours, MOST_FOUND } from "../terminal/finder";

/** Between two looks at what was written meanwhile. */
const LOOK_EVERY_MILLISECONDS = 250;

export interface SearchTargets {
  xterm: Terminal;
  place: HTMLElement;
  /** Rows at the end of the terminal that are no log. */
  liveRows: () => number;
}

export function openSearch({ xterm, place, liveRows }: SearchTargets): void {
  const open = place.querySelector<HTMLInputElement>("#search input");
  if (open !== null) {
    open.focus();
    return;
  }
  const finder = new Finder({ xterm, liveRows, colours: () => foundColours(xterm) });
  const input = element("input", { type: "search", "aria-label": "Search in the text", placeholder: "search" });
  const found = element("output", { role: "status" });
  const tell = (): void => {
    found.textContent = input.value === "" ? "" : foundText(finder);
  };
  const go = (by: 1 | -1): void => {
    finder.move(by);
    tell();
  };
  const older = button("Older match", "Enter", "up", () => go(-1));
  const newer = button("Newer match", "shift Enter", "down", () => go(1));
  const close = element("button", { type: "button", "aria-label": "Close search" }, "×");
  const bar = element("form", { id: "search", role: "search" }, input, found, older, newer, close);
  const stop = lookAgain(xterm, () => {
    finder.refresh();
    tell();
  });
  const leave = (): void => {
    stop();
    finder.clear();
    bar.remove();
    xterm.scrollToBottom();
  };
  bar.addEventListener("submit", (event) => event.preventDefault());
  input.addEventListener("input", () => {
    finder.search(input.value);
    tell();
  });
  bar.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target === input) go(event.shiftKey ? 1 : -1);
    else if (event.key === "Escape") leave();
    else return;
    event.preventDefault();
  });
  close.addEventListener("click", leave);
  place.append(bar);
  input.focus();
}

function foundText(finder: Finder): string {
  const { place, count } = finder.found;
  if (count === 0) return "not found";
  return `${place.toLocaleString("en")} of ${count.toLocaleString("en")}${count === MOST_FOUND ? "+" : ""}`;
}

function button(label: string, key: string, name: "up" | "down", run: () => void): HTMLButtonElement {
  const made = element("button", { type: "button", "aria-label": label, title: `${label} (${key})` }, icon(name));
  made.addEventListener("click", run);
  return made;
}

/** Looks while something is written, now and then; until the function that it returns is called. */
function lookAgain(xterm: Terminal, look: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const later = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      look();
    }, LOOK_EVERY_MILLISECONDS);
  };
  const listeners = [xterm.onWriteParsed(later), xterm.onResize(later)];
  return () => {
    clearTimeout(timer);
    for (const listener of listeners) listener.dispose();
  };
}

function foundColours({ options: { theme } }: Terminal): FoundColours {
  const { style } = document.documentElement;
  return {
    found: theme?.selectionBackground ?? "",
    chosen: style.getPropertyValue("--accent"),
    onChosen: style.getPropertyValue("--on-accent"),
  };
}
