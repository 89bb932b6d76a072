/** Says that the screen stands still because the simulator is on its way, and how far that is. */

import type { BootProgress } from "../show/boot-screen";
import type { Show } from "../show/show";
import { element } from "./dom";

export const WAITING = "Waiting for the simulator";
/** A hand-over that is a little late needs no words. */
const PATIENCE_MILLISECONDS = 500;
const BYTES_PER_MEGABYTE = 1_000_000;

/** @param box the terminal's @param say for those who do not see it */
export function sayWaiting(show: Show, box: HTMLElement, say: (sentence: string) => void): void {
  const bar = element("progress", { "aria-label": WAITING });
  const amount = element("span");
  const line = element("div", { class: "waiting" }, element("strong", {}, WAITING), bar, amount);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = (): void => {
    clearTimeout(timer);
    line.remove();
  };
  show.on("loading", (progress) => {
    const { loadedBytes, totalBytes } = progress;
    if (totalBytes > 0) Object.assign(bar, { max: totalBytes, value: Math.min(loadedBytes, totalBytes) });
    amount.textContent = amountText(progress);
  });
  show.on("waiting", () => {
    stop();
    timer = setTimeout(() => {
      box.append(line);
      say(`${WAITING}: ${amount.textContent}`);
    }, PATIENCE_MILLISECONDS);
  });
  show.on("mode", stop);
  show.on("failed", stop);
}

function amountText({ stage, loadedBytes, totalBytes }: BootProgress): string {
  if (loadedBytes >= totalBytes) return `starting ${stage}`;
  const megabytes = (bytes: number): string => (bytes / BYTES_PER_MEGABYTE).toFixed(1);
  return `${megabytes(loadedBytes)} of ${megabytes(totalBytes)} MB`;
}
