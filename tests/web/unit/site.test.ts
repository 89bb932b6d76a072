// @vitest-environment jsdom
// A preset's own page shows that preset, unless its address names another; elsewhere it is shared by that page.

import { describe, expect, it } from "vitest";
import { makeSnippets } from "../../../web/src/dialogs/snippets";
import { askedQuery } from "../../../web/src/page/asked";
import { SITE_LINKS, site } from "../../../web/src/page/site";

describe("what a page is asked for", () => {
  it.each([
    ["?seed=7", undefined, "?seed=7"],
    ["", "classic", "preset=classic"],
    ["?seed=7&from=50%25", "classic", "preset=classic&seed=7&from=50%25"],
    ["?preset=gpt2-124m", "classic", "?preset=gpt2-124m"],
    ["?Preset=gpt2-124m", "classic", "?Preset=gpt2-124m"],
  ])("by %s on the page of %s is %s", (search, preset, asked) => expect(askedQuery(search, preset)).toBe(asked));
});

describe("the link to a preset", () => {
  const link = (query: string) => {
    const choice = { query, from: undefined, theme: "auto", autoplay: true, loop: false, pages: site.pages };
    return makeSnippets("https://example.org/", choice).permalink;
  };

  it.each([
    ["", "https://example.org/"],
    ["preset=classic", "https://example.org/classic.html"],
    ["preset=classic&seed=7", "https://example.org/classic.html?seed=7"],
    ["preset=unknown&seed=7", "https://example.org/?preset=unknown&seed=7"],
    ["seed=7", "https://example.org/?seed=7"],
  ])("for %s is %s", (query, address) => {
    expect(link(query)).toBe(address);
    const { pathname, search } = new URL(address);
    const page = /(\w[\w.-]*)\.html$/.exec(pathname)?.[1];
    expect(new URLSearchParams(askedQuery(search, page)).toString()).toBe(query);
  });
});

it("names the links that the build was given", () => {
  expect(SITE_LINKS.map(({ label, href }) => `${label} ${href}`)).toEqual([
    "Source code https://example.org/source",
    "Documentation https://example.org/docs",
  ]);
});
