// @vitest-environment jsdom
// The theme follows what the system asks for: light or dark, more contrast, or its own colours and no others.

import { afterEach, describe, expect, it, vi } from "vitest";

const wishes = new Set<string>();

async function themes() {
  vi.resetModules();
  window.matchMedia = (media) =>
    Object.assign(new EventTarget(), { media, matches: [...wishes].some((wish) => media.includes(wish)) }) as never;
  return await import("../../../web/src/terminal/themes");
}

afterEach(() => wishes.clear());

describe("the theme", () => {
  it.each([
    [[], "Dark"],
    [["light"], "Light"],
    [["contrast: more"], "High contrast"],
    [["contrast: more", "light"], "High contrast, light"],
  ])("by itself, where the system wants %j, is %s", async (wanted, title) => {
    for (const wish of wanted) wishes.add(wish);
    expect((await themes()).resolveTheme("auto").title).toBe(title);
  });

  it("that was chosen stays, with more contrast where that is wanted", async () => {
    wishes.add("contrast: more");
    const { resolveTheme, leastContrast, THEMES } = await themes();
    const theme = resolveTheme("midnight");
    expect([theme.title, leastContrast(theme)]).toEqual(["Midnight", 7]);
    expect(theme.quiet).toBe(THEMES.midnight.terminal.foreground);
    expect(leastContrast(THEMES.midnight)).toBe(4.5);
  });

  it("is the system's where its colours are forced, whatever was chosen", async () => {
    wishes.add("forced-colors");
    const { resolveTheme, areColoursForced } = await themes();
    expect(areColoursForced()).toBe(true);
    expect(resolveTheme("paper")).toEqual(resolveTheme("auto"));
    expect(resolveTheme("paper").panel).toBe("Canvas");
  });

  it.each([
    ["rgb(255, 255, 255)", true],
    ["rgb(0, 0, 0)", false],
    ["rgb(45, 50, 54)", false],
    ["rgb(255, 250, 239)", true],
  ])("knows that %s is light: %s", async (colour, is) => expect((await themes()).isLight(colour)).toBe(is));
});
