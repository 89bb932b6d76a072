/**
 * xterm.js measures each character that it draws for the first time, and anew once the font changes, and has the page laid
 * out for each: that is most of what drawing a first text takes. Where the letters, digits and signs of a font are as wide as
 * each other, one of them is measured for all.
 */

import { isMonospaced } from "./fit";

const PROBES = ".xterm-width-cache-measure-container .xterm-char-measure-element";
/** A character of ASCII, as often as xterm.js repeats it. */
const ASCII = /^([ -~])\1*$/;

const laidOutWidth = (probe: HTMLElement): number => Reflect.get(HTMLElement.prototype, "offsetWidth", probe);

/** @param terminal an open one, of xterm.js's DOM renderer */
export function measureLettersOnce(terminal: Element): void {
  const widths = new Map<string, number>();
  const widthOf = (probe: HTMLElement): number => {
    const { fontFamily, fontSize } = probe.parentElement?.style ?? probe.style;
    if (!ASCII.test(probe.textContent ?? "") || !isMonospaced(Number.parseFloat(fontSize))) return laidOutWidth(probe);
    const look = [devicePixelRatio, fontFamily, fontSize, probe.style.cssText].join();
    const width = widths.get(look) || laidOutWidth(probe); // in a box that is not shown there are none yet
    widths.set(look, width);
    return width;
  };
  for (const probe of terminal.querySelectorAll<HTMLElement>(PROBES))
    Object.defineProperty(probe, "offsetWidth", { get: () => widthOf(probe) });
}
