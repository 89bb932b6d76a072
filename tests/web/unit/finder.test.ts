// @vitest-environment jsdom
// What is found in the log: it is counted, stays where its text is, and the live region is no part of it.

import { Terminal } from "@xterm/xterm";
import { describe, expect, it } from "vitest";
import { Finder, MOST_FOUND } from "../../../web/src/terminal/finder";

const LIVE = 2;

/** A terminal with a log above a live region of two rows, as the core draws them. */
async function makeLog(lines: string[], scrollback = 5_000) {
  const xterm = new Terminal({ allowProposedApi: true, cols: 40, rows: 10, scrollback, convertEol: true });
  const write = (text: string) => new Promise<void>((resolve) => xterm.write(text, resolve));
  const live = "live one\nlive one";
  const log = (added: string[]) =>
    write(`\u001b[1A\r${added.map((line) => `\u001b[K${line}\n`).join("")}\u001b[K${live}`);
  await write(`\n`);
  await log(lines);
  const colours = () => ({ found: "#111111", chosen: "#222222", onChosen: "#333333" });
  const finder = new Finder({ xterm, liveRows: () => LIVE, colours });
  return { xterm, finder, log, write };
}

const numbered = (count: number, first = 0) => Array.from({ length: count }, (_, index) => `line ${first + index} one`);

describe("the finder", () => {
  it("finds every place in the log, whatever its case, and not the live region; the newest is chosen", async () => {
    const { finder } = await makeLog(["One and one", "two", "ONE"]);
    finder.search("one");
    expect(finder.found).toEqual({ place: 3, count: 3 });
    finder.search("live");
    expect(finder.found).toEqual({ place: 0, count: 0 });
    finder.search("");
    expect(finder.found).toEqual({ place: 0, count: 0 });
  });

  it("goes back, on and around", async () => {
    const { finder } = await makeLog(numbered(3));
    finder.search("one");
    finder.move(-1);
    expect(finder.found.place).toBe(2);
    finder.move(1);
    finder.move(1);
    expect(finder.found.place).toBe(1);
    finder.move(-1);
    expect(finder.found.place).toBe(3);
  });

  it("keeps its choice while the log goes on, and finds what is new", async () => {
    const { finder, log } = await makeLog(numbered(30));
    finder.search("one");
    finder.move(-1);
    await log(numbered(50, 30));
    finder.refresh();
    expect(finder.found).toEqual({ place: 29, count: 80 });
  });

  it("forgets what has scrolled away for good", async () => {
    const { finder, log } = await makeLog(numbered(12), 5);
    finder.search("one");
    const { count } = finder.found;
    await log(numbered(100, 12));
    finder.refresh();
    expect(finder.found.count).toBeLessThanOrEqual(count + 5);
    expect(finder.found.place).toBe(1);
  });

  it("looks at all anew when the screen was", async () => {
    const { finder, log, write } = await makeLog(numbered(5));
    finder.search("one");
    await write("\u001bc\n");
    await log(["another one"]);
    finder.refresh();
    expect(finder.found).toEqual({ place: 1, count: 1 });
  });

  it("keeps the newest of too many", async () => {
    const { finder, log } = await makeLog(numbered(MOST_FOUND + 20));
    finder.search("one");
    expect(finder.found).toEqual({ place: MOST_FOUND, count: MOST_FOUND });
    await log(numbered(10));
    finder.refresh();
    expect(finder.found).toEqual({ place: MOST_FOUND - 10, count: MOST_FOUND });
  });

  it("brings its choice into sight, off the end where the log would carry it away", async () => {
    const { finder, xterm } = await makeLog(numbered(50));
    finder.search("line 3 ");
    expect(xterm.buffer.active.viewportY).toBe(0);
    finder.search("line 49");
    expect(xterm.buffer.active.viewportY).toBe(xterm.buffer.active.baseY - 1);
  });
});
