// @vitest-environment jsdom
// The stored settings: whatever lies there, what is read can be used.

import fc from "fast-check";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { loadSettings, saveSettings } from "../../../web/src/page/storage";
import { THEME_NAMES } from "../../../web/src/terminal/themes";

const DEFAULTS = { theme: "auto", fontSize: undefined, shortcuts: true };
beforeEach(() => localStorage.clear());

describe("the settings", () => {
  it("are the defaults at first", () => expect(loadSettings()).toEqual(DEFAULTS));

  it("come back as they were saved", () => {
    const settings = { theme: "paper", fontSize: 17.5, shortcuts: false } as const;
    saveSettings(settings);
    expect(loadSettings()).toEqual(settings);
  });

  it.each(["", "null", "7", "[]", '"text"', "{", '{"theme": "plaid", "fontSize": -1, "shortcuts": 0}'])(
    "are usable where %o lies",
    (text) => {
      localStorage.setItem("pysim", text);
      expect(loadSettings()).toEqual(DEFAULTS);
    },
  );

  it("are usable whatever lies there", () => {
    const stored = fc.record({ theme: fc.anything(), fontSize: fc.anything(), shortcuts: fc.anything() });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          stored.map((value) => JSON.stringify(value) ?? ""),
        ),
        (text) => {
          localStorage.setItem("pysim", text);
          const { theme, fontSize, shortcuts } = loadSettings();
          expect(THEME_NAMES).toContain(theme);
          expect(fontSize === undefined || fontSize > 0).toBe(true);
          expect(typeof shortcuts).toBe("boolean");
        },
      ),
    );
  });

  it("last as long as the page where nothing may be stored", () => {
    vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
      throw new DOMException("no", "SecurityError");
    });
    vi.spyOn(Storage.prototype, "getItem").mockImplementation(() => {
      throw new DOMException("no", "SecurityError");
    });
    saveSettings({ theme: "dark", fontSize: undefined, shortcuts: true });
    expect(loadSettings()).toEqual(DEFAULTS);
  });
});
