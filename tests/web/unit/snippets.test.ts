// @vitest-environment jsdom
// What the share dialog hands out is read by what it is for: a browser, an HTML parser, a shell.

import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeSnippets, type ShareChoice } from "../../../web/src/dialogs/snippets";

const BASE = "https://example.com/pysim/";
const PLAIN: ShareChoice = { query: "", from: undefined, theme: "auto", autoplay: true, loop: false, pages: [] };
const chosen = (choice: Partial<ShareChoice>) => makeSnippets(BASE, { ...PLAIN, ...choice });

const name = fc.constantFrom("preset", "model", "gpus", "parallel", "batch-tokens", "seed");
/** Whatever somebody may have typed into an address; no shell has words with a null in them. */
const special = fc.constantFrom(..."\"'<>&;$`\\ =#*~!?[]{}()|\n\t%+-", "&amp;", "a", "é");
const texts = (["grapheme", "binary-ascii", special] as const).map((unit) => fc.string({ unit, maxLength: 20 }));
const value = fc.oneof(...texts).filter((text) => !text.includes("\0"));
const options = fc.uniqueArray(fc.tuple(name, value), { selector: ([option]) => option, maxLength: 4 });
const queryOf = (pairs: [string, string][]) => new URLSearchParams(pairs).toString();

/** Asks a shell which words it reads. */
function shellWords(command: string): string[] {
  const script = `set -- ${command}\nprintf '%s\\0' "$@"`;
  return execFileSync("sh", ["-c", script], { encoding: "utf8" }).split("\0").slice(0, -1);
}

function parsed(markup: string, selector: string): Element {
  const found = new DOMParser().parseFromString(markup, "text/html").querySelector(selector);
  if (found === null) throw new Error(`no ${selector} in ${markup}`);
  return found;
}

describe("the link", () => {
  it("is the page's address alone for the default show", () => expect(chosen({}).permalink).toBe(BASE));

  it("says what is shown, and where it begins", () => {
    const url = new URL(chosen({ query: "preset=classic&seed=7", from: 3725.9 }).permalink);
    expect([...url.searchParams]).toEqual([
      ["preset", "classic"],
      ["seed", "7"],
      ["from", "1:02:05"],
    ]);
  });

  it.each([
    [0, "0:00:00"],
    [59, "0:00:59"],
    [754, "0:12:34"],
    [3600, "1:00:00"],
    [900_000, "250:00:00"],
  ])("writes %d seconds as a clock that has hours", (from, text) => {
    expect(new URL(chosen({ from }).permalink).searchParams.get("from")).toBe(text);
  });

  it("replaces another beginning", () => {
    expect(new URL(chosen({ query: "from=50%25", from: 60 }).permalink).searchParams.getAll("from")).toEqual([
      "0:01:00",
    ]);
  });

  it("brings back every option", () => {
    fc.assert(
      fc.property(options, (pairs) => {
        expect([...new URL(chosen({ query: queryOf(pairs) }).permalink).searchParams]).toEqual(pairs);
      }),
    );
  });
});

describe("the command", () => {
  it.each([
    ["preset=classic", "pysim --preset classic"],
    ["parallel=tp%3D8%2Cpp%3D4", "pysim --parallel tp=8,pp=4"],
    ["from=50%25", "pysim --from 50%"],
    ["model=", "pysim --model ''"],
    ["model=a+b", "pysim --model 'a b'"],
    ["model=it's", "pysim --model 'it'\\''s'"],
    ["model=%24(reboot)", "pysim --model '$(reboot)'"],
    ["model=a%3Breboot", "pysim --model 'a;reboot'"],
    ["model=%60reboot%60", "pysim --model '`reboot`'"],
    ["model=a%0Areboot", "pysim --model 'a\nreboot'"],
    ["model=*", "pysim --model '*'"],
    ["model=~", "pysim --model '~'"],
    ["model=%23", "pysim --model '#'"],
  ])("of %s is quoted", (query, command) => expect(chosen({ query }).command).toBe(command));

  it("is one word for every value, whatever is in it", () => {
    fc.assert(
      fc.property(options, (pairs) => {
        const words = pairs.flatMap(([option, text]) => [`--${option}`, text]);
        expect(shellWords(chosen({ query: queryOf(pairs) }).command)).toEqual(["pysim", ...words]);
      }),
      { numRuns: 60 },
    );
  });

  it("has nothing but letters in the names of options", () => {
    expect(chosen({ query: "a;reboot=1&%24(x)=2" }).command).toBe("pysim --areboot 1 --x 2");
  });
});

describe("the markup", () => {
  it("of the frame holds the address and nothing else", () => {
    fc.assert(
      fc.property(options, (pairs) => {
        const frame = parsed(chosen({ query: queryOf(pairs) }).iframe, "iframe");
        const url = new URL(frame.getAttribute("src") ?? "");
        expect(url.href.startsWith(`${BASE}embed.html`)).toBe(true);
        expect([...url.searchParams]).toEqual(pairs);
        expect(frame.childNodes.length).toBe(0);
      }),
    );
  });

  it("of the frame is valid: the address's ampersands are written out", () => {
    expect(chosen({ query: "preset=classic&seed=7" }).iframe).toContain('embed.html?preset=classic&amp;seed=7"');
  });

  it("of the element holds the options as attributes and nothing else", () => {
    fc.assert(
      fc.property(options, (pairs) => {
        const { element } = chosen({ query: queryOf(pairs) });
        const document = new DOMParser().parseFromString(element, "text/html");
        const run = parsed(element, "pysim-run");
        expect([...run.attributes].map(({ name, value }) => [name, value])).toEqual(
          pairs.map(([option, text]) => [option, text.replaceAll("\r\n", "\n").replaceAll("\r", "\n")]),
        );
        expect([...document.querySelectorAll("body > *, head > *")].map(({ localName }) => localName)).toEqual([
          "script",
          "pysim-run",
        ]);
      }),
    );
  });

  it("of the element has the values of an option that can be repeated in one attribute", () => {
    const query = queryOf([
      ["inject", "gpu-error@1h2m3.5s,node=1"],
      ["preset", "classic"],
      ["inject", "loss-spike@50%"],
    ]);
    const { element, command } = chosen({ query });
    expect(parsed(element, "pysim-run").getAttribute("inject")).toBe("gpu-error@1h2m3.5s,node=1 loss-spike@50%");
    expect(shellWords(command).slice(1, 3)).toEqual(["--inject", "gpu-error@1h2m3.5s,node=1"]);
    expect(shellWords(command).slice(-2)).toEqual(["--inject", "loss-spike@50%"]);
  });

  it("says what differs from an embed's defaults", () => {
    const { preview } = chosen({ query: "preset=classic", theme: "paper", autoplay: false, loop: true });
    expect(preview).toBe(`${BASE}embed.html?preset=classic&theme=paper&autoplay=0&loop=1`);
    expect(chosen({ query: "preset=classic" }).preview).toBe(`${BASE}embed.html?preset=classic`);
  });

  it("has the size and the parts that were chosen", () => {
    const { iframe, element, permalink, command } = chosen({
      query: "preset=classic",
      parts: ["curve", "timeline"],
      until: "step:2000",
      width: "600",
      height: "200",
    });
    const frame = parsed(iframe, "iframe");
    expect([frame.getAttribute("width"), frame.getAttribute("height")]).toEqual(["600", "200"]);
    expect(new URL(frame.getAttribute("src") ?? "").searchParams.get("show")).toBe("curve,timeline");
    const run = parsed(element, "pysim-run");
    expect([run.getAttribute("width"), run.getAttribute("height")]).toEqual(["600", "200"]);
    expect(run.getAttribute("show")).toBe("curve,timeline");
    expect(new URL(permalink).search).toBe("?preset=classic&until=step%3A2000");
    expect(command).toBe("pysim --preset classic --until step:2000");
    const usual = parsed(chosen({}).element, "pysim-run");
    expect(usual.getAttributeNames()).toEqual([]);
  });

  it("loads the element's script from the page's own site", () => {
    expect(parsed(chosen({}).element, "script").getAttribute("src")).toBe(`${BASE}embed.js`);
  });
});
