/** The run on show, asked for once more from this moment on and otherwise in something. */

import type { Moment } from "../show/stage";

export function fromHere({ query, runSeconds }: Moment, change: (query: URLSearchParams) => void): string {
  const asked = new URLSearchParams(query);
  for (const name of ["view", "until"]) asked.delete(name);
  if (runSeconds > 0) asked.set("from", `${runSeconds}s`);
  change(asked);
  return asked.toString();
}
