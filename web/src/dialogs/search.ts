/** A search line above the bar: Enter goes back in time, shift and Enter forward, Escape closes. */

import { element } from "../page/dom";
import type { TerminalView } from "../terminal/terminal";

export function openSearch(terminal: TerminalView, place: HTMLElement): void {
  const open = place.querySelector<HTMLInputElement>("#search input");
  if (open !== null) {
    open.focus();
    return;
  }
  const input = element("input", { type: "search", "aria-label": "Search in the text", placeholder: "search" });
  const found = element("output", { role: "status" });
  const close = element("button", { type: "button", "aria-label": "Close search" }, "×");
  const bar = element("form", { id: "search", role: "search" }, input, found, close);
  const find = async (direction: "next" | "previous"): Promise<void> => {
    const hit = input.value === "" || (await terminal.find(input.value, direction));
    found.textContent = hit ? "" : "not found";
  };
  const leave = (): void => {
    bar.remove();
    terminal.xterm.clearSelection();
    terminal.xterm.scrollToBottom();
  };
  bar.addEventListener("submit", (event) => event.preventDefault());
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") void find(event.shiftKey ? "next" : "previous");
    else if (event.key === "Escape") leave();
  });
  close.addEventListener("click", leave);
  place.append(bar);
  input.focus();
}
