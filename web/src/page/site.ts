/** What the build was told of the site: where its source and documentation are, and which presets have pages of their own. */

import built from "virtual:site";

export interface Site {
  source?: string;
  docs?: string;
  /** By name. */
  pages: string[];
}

export const site: Site = built;

/** Those that the build was given. */
export const SITE_LINKS = [
  { id: "source", label: "Source code", href: site.source },
  { id: "docs", label: "Documentation", href: site.docs },
].filter((link): link is typeof link & { href: string } => link.href !== undefined);

/** What a page is asked for: one that is a preset's own shows that one unless its address names another. */
export function askedQuery(search: string, preset = document.documentElement.dataset.preset): string {
  const query = new URLSearchParams(search);
  const isNamed = [...query.keys()].some((name) => name.trim().toLowerCase() === "preset");
  return preset === undefined || isNamed ? search : new URLSearchParams([["preset", preset], ...query]).toString();
}

/** Where a query is the whole address: not the page of one preset. */
export function homePath(preset = document.documentElement.dataset.preset): string {
  return preset === undefined ? location.pathname : new URL("./", document.baseURI).pathname;
}
