// What comes from outside is read: of the stated shape and typed, or refused.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readFromEngine, readToEngine } from "../../../web/src/engine/protocol";
import { readState } from "../../../web/src/generated/protocol";
import {
  any,
  attempt,
  flag,
  list,
  nullable,
  number,
  oneOf,
  oneOfTypes,
  parse,
  type Reader,
  record,
  text,
  tuple,
  Unreadable,
} from "../../../web/src/reading";
import { BLANK_STATE } from "../../../web/src/show/blank";

const point = record({ name: text, at: tuple(number, number), tags: list(text), note: nullable(text) });
const POINT = { name: "a", at: [1, 2], tags: ["x"], note: null };

/** What a refusal says. */
function refusal(reader: Reader<unknown>, value: unknown): string {
  try {
    return `read ${JSON.stringify(reader(value))}`;
  } catch (error) {
    if (error instanceof Unreadable) return error.message;
    throw error;
  }
}

describe("a value of the shape", () => {
  it("comes back as it is, without what was not asked for", () => {
    expect(point(POINT)).toEqual(POINT);
    expect(point({ ...POINT, more: 1 })).toEqual(POINT);
  });

  it("brings no prototype along", () => {
    const read = record({ name: text })(JSON.parse('{"name": "a", "__proto__": {"admin": true}}'));
    expect("admin" in read).toBe(false);
  });
});

describe("any other value is refused", () => {
  it.each<[string, Reader<unknown>, unknown, string]>([
    ["text for a number", number, "1", "is not a number"],
    ["no number", number, Number.NaN, "is not a number"],
    ["too much", number, Number.POSITIVE_INFINITY, "is not a number"],
    ["a number for text", text, 1, "is not text"],
    ["a number for a flag", flag, 1, "is not true or false"],
    ["nothing", text, undefined, "is not text"],
    ["null where it may not be", text, null, "is not text"],
    ["another word", oneOf("a", "b"), "c", "is not a or b"],
    ["an object for a list", list(text), {}, "is not a list"],
    ["a list that is too short", tuple(number, number), [1], "is not a list of 2"],
    ["a list that is too long", tuple(number), [1, 2], "is not a list of 1"],
    ["a list for an object", record({}), [], "is not an object"],
    ["null for an object", record({}), null, "is not an object"],
    ["a type that nobody knows", oneOfTypes({ a: {} }), { type: "b" }, "is not of a known type"],
    ["a type by inheritance", oneOfTypes({ a: {} }), { type: "toString" }, "is not of a known type"],
  ])("%s", (_, reader, value, said) => expect(refusal(reader, value)).toBe(said));

  it("with the place at which it differs", () => {
    expect(refusal(list(point), [POINT, { ...POINT, tags: ["x", 2] }])).toBe("1 tags 1 is not text");
    expect(refusal(point, { ...POINT, at: [1, "2"] })).toBe("at 1 is not a number");
  });

  it("and gives null where that is enough", () => {
    expect(attempt(text, 1)).toBeNull();
    expect(attempt(text, "a")).toBe("a");
  });
});

describe("JSON", () => {
  it("is read by its shape", () => {
    expect(parse('{"a": [1, 2]}', record({ a: list(number) }))).toEqual({ a: [1, 2] });
    expect(() => parse('{"a": [1, "2"]}', record({ a: list(number) }))).toThrow("a 1 is not a number");
    expect(() => parse("not JSON", any)).toThrow(SyntaxError);
  });
});

describe("messages between page and engine", () => {
  const state = { ...BLANK_STATE, phase: "training" };

  it.each([
    { type: "alive" },
    { type: "progress", stage: "Python", loadedBytes: 1, totalBytes: 2 },
    { type: "opened", id: 1, problems: [{ option: "seed", value: null, message: "is odd" }], state },
    { type: "advanced", showSeconds: 1, state },
    { type: "text", text: "x" },
    { type: "state", state, commands: 2 },
    { type: "story", story: { chapters: [], marks: [], passages: [], curve: [[0, 1]] } },
    { type: "replied", name: "inject", words: "gpu-error", refusal: "" },
    { type: "news", news: [] },
    { type: "answer", id: 1, text: "x" },
    { type: "lacking", message: "x" },
    { type: "failed", message: "x", isOver: true },
  ])("$type comes from the engine", (message) => expect(readFromEngine(message)).toEqual(message));

  it.each([
    { type: "open", id: 1, query: "", columns: 80, rows: 24 },
    { type: "advance", showSeconds: 1 },
    { type: "go" },
    { type: "command", name: "seek", argument: "1" },
    { type: "rest", resting: true },
    { type: "written", characters: 1 },
    { type: "drawn", milliseconds: 1 },
    { type: "ask", id: 1, question: "possible", argument: "gpu" },
  ])("$type goes to the engine", (message) => expect(readToEngine(message)).toEqual(message));

  it("of any other kind are refused", () => {
    const word = fc.constantFrom("type", "text", "state", "id", "message", "failed", "answer");
    const value = fc.oneof(fc.anything(), word);
    fc.assert(
      fc.property(fc.dictionary(word, value), (message) => {
        const read = attempt(readFromEngine, message);
        if (read !== null) expect(message).toMatchObject(read);
      }),
    );
  });

  it("name no phase that the core does not have", () => {
    expect(() => readState({ ...state, phase: "thinking" })).toThrow(/^phase is not bring-up or /);
  });
});
