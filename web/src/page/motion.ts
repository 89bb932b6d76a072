/** Whether the visitor asked for less motion: then nothing plays by itself. */
export function wantsStillness(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
