/** Which parts of the page there are: the style sheet lays out what is wanted, so that nothing moves later. */

import { type ParsedQuery, wantedParts } from "./query";

export function showParts({ show }: ParsedQuery): void {
  const wanted = wantedParts(show);
  const { classList } = document.documentElement;
  classList.toggle("no-timeline", !wanted.has("timeline"));
  classList.toggle("only-timeline", wanted.size === 1 && wanted.has("timeline"));
}
