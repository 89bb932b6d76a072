/** What is said of an error that stops a run or the engine. */

/** One sentence. Python's errors come with the way that led to them; the last line says what it was. */
export function describe(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.trim().split("\n").at(-1)?.trim() || "no reason was given";
}
