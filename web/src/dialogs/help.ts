/** The keys, and what this page is. */

import type { Action } from "../controls/actions";
import { KEY_HELP } from "../generated/constants";
import { element } from "../page/dom";
import { SITE_LINKS } from "../page/site";
import { openDialog } from "./dialog";

/** What the core says of a key it says of the same key with shift. */
const IN_KEY_HELP: ReadonlySet<string> = new Set(KEY_HELP.flatMap(([keys]) => keys.split(" ")));

export function openHelp(actions: Action[]): void {
  const rows = [
    ...KEY_HELP,
    ...actions.flatMap(({ key, label }): [string, string][] =>
      key === undefined || IN_KEY_HELP.has(key.toLowerCase()) ? [] : [[key, label.toLowerCase()]],
    ),
  ];
  const table = element(
    "table",
    {},
    element("caption", {}, "Keys"),
    element(
      "tbody",
      {},
      ...rows.map(([keys, meaning]) => element("tr", {}, keyCell(keys), element("td", {}, meaning))),
    ),
  );
  const about = element(
    "p",
    {},
    "A flight simulator of training runs: a whole run of a large language model, computed from published laws and a seed. ",
    "Nothing is trained, nothing is sent anywhere, and the same seed gives the same text everywhere.",
  );
  const links = [...SITE_LINKS, { label: "Licences", href: "./licenses.txt" }].map(({ label, href }) =>
    element("a", { href, target: "_blank", rel: "noopener" }, label),
  );
  openDialog("Help", "help", about, element("p", { class: "links" }, ...links), table);
}

function keyCell(keys: string): HTMLElement {
  return element("th", { scope: "row" }, element("kbd", {}, keys));
}
