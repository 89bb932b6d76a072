/** Keyboard shortcuts: the terminal program's keys, as far as a page can have them. */

import { FAR_SKIP_SECONDS, SKIP_SECONDS } from "../generated/constants";
import type { Show } from "../show/show";

const SPEED_STEP = 10 ** 0.25;

export interface KeyTargets {
  show: Show;
  actions: Record<string, () => void>;
  enabled: () => boolean;
}

export function listenToKeys(targets: KeyTargets): void {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !targets.enabled()) return;
    if (document.querySelector("dialog[open]") !== null || takesKeys(event.target, event.key)) return;
    if (obey(event, targets)) event.preventDefault();
  });
}

/** A focused control keeps the keys that it understands itself. */
function takesKeys(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof Element)) return false;
  if (target.matches("select, textarea, input:not([type=range]):not([type=checkbox])")) return true;
  if (target.matches(".scrolls")) return /^(ArrowUp|ArrowDown|Home|End|Page)/.test(key);
  if (target.matches("input[type=range]")) return /^(Arrow|Home|End|Page)/.test(key);
  return target.closest("button, a, summary, [popover]") !== null && (key === " " || key === "Enter");
}

function obey(event: KeyboardEvent, { show, actions }: KeyTargets): boolean {
  const { key } = event;
  if (/^[0-9]$/.test(key)) {
    const { expected_seconds, total_seconds } = show.state;
    const stretch = total_seconds > 0 ? expected_seconds / total_seconds : 1;
    show.move("seek-fraction", String(Math.min(1, (Number(key) / 10) * stretch)));
    return true;
  }
  const skip = event.shiftKey ? FAR_SKIP_SECONDS : SKIP_SECONDS;
  const xterm = show.terminal.xterm;
  const meanings: Record<string, () => void> = {
    " ": () => show.toggle(),
    ArrowLeft: () => show.move("skip", String(-skip)),
    ArrowRight: () => show.move("skip", String(skip)),
    ArrowUp: () => xterm.scrollLines(-1),
    ArrowDown: () => xterm.scrollLines(1),
    PageUp: () => xterm.scrollPages(-1),
    PageDown: () => xterm.scrollPages(1),
    Home: () => xterm.scrollToTop(),
    End: () => xterm.scrollToBottom(),
    "[": () => show.move("chapter", "-1"),
    "]": () => show.move("chapter", "1"),
    d: () => show.move("view"),
    v: () => show.move("view", "next"),
    z: () => show.move("zoom"),
    "+": () => show.setSpeed(show.state.speed * SPEED_STEP),
    "=": () => show.setSpeed(show.state.speed * SPEED_STEP),
    "-": () => show.setSpeed(show.state.speed / SPEED_STEP),
    ...actions,
  };
  const meaning = meanings[key];
  meaning?.();
  return meaning !== undefined;
}
