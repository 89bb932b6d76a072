/** What surrounds the run in a frame: a border, the line below it, the row for notes. Known before anything is measured. */

import { byId } from "../page/dom";
import { showParts } from "../page/parts";
import type { ParsedQuery } from "../page/query";

export function dress(parsed: ParsedQuery): void {
  const { border, credit, caption, notes } = parsed.page;
  showParts(parsed);
  const { classList } = document.documentElement;
  classList.toggle("framed", border);
  classList.toggle("noted", notes !== "");
  classList.toggle("captioned", credit || caption !== "");
  byId("credit").hidden = !credit;
  const words = byId("caption");
  words.classList.toggle("named", caption === undefined);
  if (caption !== undefined) words.textContent = caption;
}
