/** What is said of an error that stops a run or the engine. */

import { Stranded } from "./halves.mjs";

/** One sentence. Python's errors come with the way that led to them; the last line says what it was. */
export function describe(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.trim().split("\n").at(-1)?.trim() || "no reason was given";
}

/** Whether nothing can be asked of the engine any more. */
export function endsEngine(error: unknown): boolean {
  return error instanceof Stranded;
}
