/** Touch scrolling, which xterm.js 6.0.0 lacks: a drag moves lines, a flick glides on for a moment. */

import type { Terminal } from "@xterm/xterm";

const GLIDE_DECAY = 0.94;
const SLOWEST_GLIDE = 0.02; // px per ms

export interface TouchOptions {
  element: HTMLElement;
  terminal: Terminal;
  lineHeight: () => number;
  /** In an embed a drag belongs to the article until the viewer has tapped the terminal. */
  active: () => boolean;
}

export function scrollByTouch({ element, terminal, lineHeight, active }: TouchOptions): void {
  let y = 0;
  let time = 0;
  let velocity = 0;
  let rest = 0;
  let gliding = 0;

  const scroll = (pixels: number): void => {
    rest += pixels / lineHeight();
    const lines = Math.trunc(rest);
    rest -= lines;
    if (lines !== 0) terminal.scrollLines(lines);
  };
  const glide = (): void => {
    velocity *= GLIDE_DECAY;
    if (Math.abs(velocity) < SLOWEST_GLIDE) return;
    scroll(velocity * 16);
    gliding = requestAnimationFrame(glide);
  };

  element.addEventListener(
    "touchstart",
    (event) => {
      cancelAnimationFrame(gliding);
      y = event.touches[0]?.clientY ?? 0;
      time = event.timeStamp;
      velocity = 0;
      rest = 0;
    },
    { passive: true },
  );
  element.addEventListener(
    "touchmove",
    (event) => {
      const touch = event.touches[0];
      if (touch === undefined || event.touches.length > 1 || !active()) return;
      const moved = y - touch.clientY;
      velocity = moved / Math.max(1, event.timeStamp - time);
      y = touch.clientY;
      time = event.timeStamp;
      scroll(moved);
      event.preventDefault();
    },
    { passive: false },
  );
  element.addEventListener("touchend", () => {
    if (active()) gliding = requestAnimationFrame(glide);
  });
}
