/**
 * What can be done before the terminal's code has arrived: reading the address, drawing the show's first frame, and
 * starting the download of the recording. Both pages do it, each from a script of its own that is a few kB long.
 */

import { hasWebAssembly } from "./engine/web-assembly";
import { byId } from "./page/dom";
import { wantsStillness } from "./page/motion";
import { painted } from "./page/painted";
import { showParts } from "./page/parts";
import { type ParsedQuery, parseQuery } from "./page/query";
import { siteBase } from "./page/site";
import { loadSettings, type StoredSettings } from "./page/storage";
import { bootScreen } from "./show/boot-screen";
import { offered, type RecordingEntry } from "./show/offered";
import { Recordings } from "./show/recordings";
import { firstFrame } from "./terminal/first-frame";
import { chooseFit, type Fit } from "./terminal/fit";
import { paintPage, resolveTheme, type ThemeName } from "./terminal/themes";

export interface Opening {
  parsed: ParsedQuery;
  settings: StoredSettings;
  /** The address has the last word over the stored settings. */
  theme: ThemeName;
  fontSize: number | undefined;
  canRun: boolean;
  /** A picture with a play button, until the visitor wants more. */
  still: boolean;
  recordings: Recordings;
  /** As it lies there, or null. */
  recording: Promise<unknown>;
  /** Once the first frame is on the screen. */
  painted: Promise<void>;
}

/** @param dress gives the page its parts before anything is measured */
export function openPage(query: string, dress: (parsed: ParsedQuery) => void = showParts): Opening {
  const parsed = parseQuery(query);
  const settings = loadSettings();
  const canRun = hasWebAssembly();
  const fontSize = parsed.page.fontsize ?? settings.fontSize;
  dress(parsed);
  const box = byId("terminal");
  const fit = chooseFit(box, fontSize);
  const recordings = new Recordings(siteBase(), entriesFor(parsed.show, canRun));
  const opening = {
    parsed,
    settings,
    theme: parsed.page.theme ?? settings.theme,
    fontSize,
    canRun,
    still: !parsed.page.autoplay || parsed.page.loading === "click" || wantsStillness(),
    recordings,
    recording: recordings.load(fit?.columns ?? Number.MAX_SAFE_INTEGER),
  };
  return { ...opening, painted: paint(opening, box, fit) };
}

/** The recordings that show exactly what these options mean. */
function entriesFor(show: URLSearchParams, canRun: boolean): RecordingEntry[] {
  const entries = canRun ? offered.prologues : offered.recorded;
  const preset = show.get("preset") ?? "";
  const plain = [...show.keys()].every((name) => name === "preset");
  const exact = plain ? entries.filter((entry) => entry.preset === preset) : [];
  return exact.length > 0 || canRun ? exact : entries;
}

async function paint(opening: Omit<Opening, "painted">, box: Element, fit: Fit | null): Promise<void> {
  const { parsed, theme, still, recordings } = opening;
  const colours = resolveTheme(theme);
  paintPage(colours);
  if (still || fit === null) return;
  const text = recordings.entryFor(fit.columns)?.first ?? bootScreen(parsed.show.toString(), fit.columns);
  box.append(firstFrame(text, fit, colours));
  await painted();
}
