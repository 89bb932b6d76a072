/** What the address asks for. It may be that of one preset, whose page the build made (`web/build/sharing.mjs`). */

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
