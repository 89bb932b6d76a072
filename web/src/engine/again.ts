/** Tries something again that may only have had bad luck: a line that was gone for a moment, a host that was busy. */

/** Pauses before the next try. */
const PAUSES_MILLISECONDS = [500, 2_000];

/** What the first try gives that succeeds; rejects as the last one does. */
export async function again<T>(attempt: () => Promise<T>): Promise<T> {
  for (const milliseconds of PAUSES_MILLISECONDS) {
    try {
      return await attempt();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
    }
  }
  return await attempt();
}
