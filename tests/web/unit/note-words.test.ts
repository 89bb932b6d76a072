// What an author says at places of a run.

import { describe, expect, it } from "vitest";
import { readNotes } from "../../../web/src/embed/note-words";

const note = (place: string, words: string) => ({ place, words });

describe("notes", () => {
  it.each([
    ["step:700:warm-up ends", note("step:700", "warm-up ends")],
    ["step:1,000: a thousand", note("step:1,000", "a thousand")],
    ["50%:half of it", note("50%", "half of it")],
    ["12.5%:an eighth", note("12.5%", "an eighth")],
    ["1:30:00:an hour and a half", note("1:30:00", "an hour and a half")],
    ["1:30:5 nodes fail", note("1:30", "5 nodes fail")],
    ["3d4h:the third day", note("3d4h", "the third day")],
    ["17d 6h: two weeks: and more", note("17d 6h", "two weeks: and more")],
    ["90:a minute and a half", note("90", "a minute and a half")],
  ])("%s", (text, expected) => expect(readNotes(text)).toEqual({ notes: [expected], wrong: [] }));

  it("stand one after the other", () => {
    const { notes, wrong } = readNotes(" step:7:one | 50%:two|");
    expect(notes).toEqual([note("step:7", "one"), note("50%", "two")]);
    expect(wrong).toEqual([]);
  });

  it.each([["warm-up ends"], ["step:700"], ["step:700:"], ["step:x:y"], [":"], ["%:half"]])(
    "%s is named in a line, and the others stay",
    (text) => {
      const { notes, wrong } = readNotes(`${text}|50%:half`);
      expect(notes).toEqual([note("50%", "half")]);
      expect(wrong).toHaveLength(1);
      expect(wrong[0]).toContain(text);
    },
  );

  it("are fifty at most", () => {
    expect(readNotes("50%:half|".repeat(80)).notes).toHaveLength(50);
  });

  it("of any length are read in no time", () => {
    const began = performance.now();
    readNotes(`${"1".repeat(20_000)}|${"1 ".repeat(20_000)}|${"1:".repeat(20_000)}`);
    expect(performance.now() - began).toBeLessThan(2000);
  });
});
