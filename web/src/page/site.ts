/** What the build was told of the site: where its source and documentation are, and which presets have pages of their own; and where it is. */

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

/** Where the site is, whatever path it is served under. */
export function siteBase(): string {
  return new URL("./", document.baseURI).href;
}
