// What the page says of a value that it does not take.

import { describe, expect, it } from "vitest";
import { describeProblem } from "../../../web/src/page/notes";

describe("a problem", () => {
  it.each([
    ["is not known", "preset: “x” is not known. The default is used instead."],
    ["is not known; did you mean 'y'?", "preset: “x” is not known; did you mean 'y'? The default is used instead."],
  ])("%s", (message, said) => expect(describeProblem({ option: "preset", value: "x", message })).toBe(said));

  it("without a value is the message alone", () =>
    expect(describeProblem({ option: "view", value: null, message: "cannot be had" })).toBe("view: cannot be had"));
});
