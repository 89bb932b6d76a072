// @vitest-environment jsdom
// What the settings ask for: places of a run are not taken along to another preset.

import { describe, expect, it } from "vitest";
import { askedQuery } from "../../../web/src/dialogs/settings";

const asked = (query: string, given: string) => askedQuery(new URLSearchParams(query), new URLSearchParams(given));

describe("other settings", () => {
  it("keep the places of the same preset", () => {
    expect(asked("preset=a&from=50%25&seed=2", "preset=a&from=50%25")).toBe("preset=a&from=50%25&seed=2");
    expect(asked("from=1%3A00", "from=1%3A00")).toBe("from=1%3A00");
  });

  it("leave out places that were there before another preset was chosen", () => {
    const given = "preset=a&from=9%3A00&until=10%3A00&inject=x%405%25&inject=y%406%25&tempo=real";
    expect(asked(given.replace("=a", "=b"), given)).toBe("preset=b&tempo=real");
    expect(asked("from=9%3A00", "preset=a&from=9%3A00")).toBe("");
  });

  it("keep places that were typed for it", () => {
    expect(asked("preset=b&from=50%25", "preset=a&from=9%3A00")).toBe("preset=b&from=50%25");
  });
});
