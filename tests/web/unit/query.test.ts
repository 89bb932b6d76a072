// @vitest-environment jsdom
// The query string: the page's own options are read, everything else is left to the core.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PARTS } from "../../../web/src/generated/constants";
import { parseQuery, stillSeconds, wantedParts, withShow } from "../../../web/src/page/query";
import { THEME_NAMES } from "../../../web/src/terminal/themes";

const PAGE_NAMES = Object.keys(parseQuery("").page);
const page = (query: string) => parseQuery(query).page;
const problems = (query: string) => parseQuery(query).problems.map(({ option, value }) => `${option}=${value}`);

describe("the page's options", () => {
  it("have defaults", () => {
    expect(page("")).toEqual({
      autoplay: true,
      controls: "auto",
      theme: undefined,
      fontsize: undefined,
      poster: undefined,
      loop: false,
      loading: "lazy",
      notes: "",
      caption: undefined,
      credit: true,
      border: true,
    });
  });

  it.each([
    ["autoplay=0", "autoplay", false],
    ["autoplay=off", "autoplay", false],
    ["loop", "loop", true],
    ["loop=yes", "loop", true],
    ["LOOP= True ", "loop", true],
    ["controls=1", "controls", "true"],
    ["controls=0", "controls", "false"],
    ["controls", "controls", "true"],
    ["controls=off", "controls", "false"],
    ["controls=auto", "controls", "auto"],
    ["theme=Paper", "theme", "paper"],
    ["fontsize=6", "fontsize", 6],
    ["fontsize=48", "fontsize", 48],
    ["poster=3600", "poster", 3600],
    ["loading=eager", "loading", "eager"],
    ["loop=1&loop=0", "loop", false],
    ["notes=step:7:It+Falls|50%25:half", "notes", "step:7:It Falls|50%:half"],
    ["caption=A+Spike", "caption", "A Spike"],
    ["caption=off", "caption", ""],
    ["caption=1", "caption", undefined],
    ["credit=0", "credit", false],
    ["border=no", "border", false],
  ])("?%s", (query, name, value) => {
    expect(problems(query)).toEqual([]);
    expect(page(query)).toHaveProperty(name, value);
  });

  it.each([
    ["autoplay=perhaps"],
    ["controls=2"],
    ["theme=plaid"],
    ["fontsize=5.9"],
    ["fontsize=48.1"],
    ["fontsize="],
    ["fontsize=NaN"],
    ["fontsize=1e9"],
    ["poster=-1"],
    ["poster=3601"],
    ["loading=never"],
    ["credit=please"],
    ["border=thick"],
    ["loop=x"],
  ])("?%s is named and the default used", (query) => {
    expect(problems(query)).toEqual([query]);
    expect(page(query)).toEqual(page(""));
  });
});

describe("any query", () => {
  const name = fc.oneof(fc.constantFrom(...PAGE_NAMES, "preset", "seed", "Theme", " loop"), fc.string());
  const pairs = fc.array(fc.tuple(name, fc.oneof(fc.string(), fc.double().map(String))), { maxLength: 8 });

  it("gives values that can be used, and leaves the rest as it is", () => {
    fc.assert(
      fc.property(pairs, (given) => {
        const { page, show, problems } = parseQuery(new URLSearchParams(given).toString());
        const isPages = ([option]: [string, string]) => PAGE_NAMES.includes(option.trim().toLowerCase());
        expect([...show]).toEqual(given.filter((pair) => !isPages(pair)));
        expect(problems.length).toBeLessThanOrEqual(given.filter(isPages).length);
        expect([undefined, ...THEME_NAMES]).toContain(page.theme);
        expect(page.fontsize ?? 6).toBeGreaterThanOrEqual(6);
        expect(page.fontsize ?? 48).toBeLessThanOrEqual(48);
        expect(page.poster ?? 0).toBeGreaterThanOrEqual(0);
        expect(page.poster ?? 0).toBeLessThanOrEqual(3600);
      }),
    );
  });
});

describe("the picture behind the play button", () => {
  it.each([
    ["preset=classic", 12],
    ["preset=classic&from=50%25", 0],
    ["preset=classic&from=50%25&poster=30", 30],
    ["poster=0", 0],
  ])("of %s is of show second %d", (query, seconds) => {
    expect(stillSeconds(parseQuery(query))).toBe(seconds);
  });
});

describe("the address of another run", () => {
  it.each([
    ["", "preset=classic&seed=7", "preset=classic&seed=7"],
    ["?seed=1&theme=paper", "seed=7", "seed=7&theme=paper"],
    ["?Theme=paper&loop&tempo=4m", "", "Theme=paper&loop="],
  ])("%o that shows %o is %o", (query, show, wanted) => expect(withShow(query, show)).toBe(wanted));
});

describe("parts of the screen", () => {
  const parts = (query: string) => [...wantedParts(new URLSearchParams(query))];

  it.each([
    ["show=timeline", ["timeline"]],
    ["show=timeline,curve", ["curve", "timeline"]],
    ["show=Log,+NUMBERS", ["log", "numbers"]],
    ["show=log&show=fleet", ["fleet"]],
  ])("?%s", (query, wanted) => expect(parts(query)).toEqual(wanted));

  it.each([[""], ["show="], ["show=graph"], ["show=curve,graph"]])("?%s: all of them", (query) =>
    expect(parts(query)).toEqual([...PARTS]),
  );
});
