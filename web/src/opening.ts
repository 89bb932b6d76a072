/**
 * What can start before the terminal's code has arrived: reading the address, and the download of the recording.
 * Both pages use it, each from a script of its own that is a few kB long.
 */

import { EngineClient, hasWebAssembly } from "./engine/client";
import { engineManifest, siteBase } from "./engine/manifest";
import { type ParsedQuery, parseQuery } from "./page/query";
import { loadSettings, type StoredSettings } from "./page/storage";
import { chooseRecording, fetchRecording, Recording, type RecordingData } from "./show/recording";
import { chooseFit } from "./terminal/fit";

export interface Opening {
  parsed: ParsedQuery;
  settings: StoredSettings;
  canRun: boolean;
  engine: () => EngineClient;
  recording: Promise<Recording | null>;
  recordingFor: (columns: number) => Promise<Recording | null>;
}

export function prepareOpening(query: string): Opening {
  const parsed = parseQuery(query);
  const settings = loadSettings();
  const canRun = hasWebAssembly();
  const preset = recordedPreset(parsed.show, canRun);
  const entries = canRun ? engineManifest.prologues : engineManifest.recorded;
  const cache = new Map<string, Promise<RecordingData>>();
  let engine: EngineClient | null = null;

  const recordingFor = async (columns: number): Promise<Recording | null> => {
    const entry = preset === null ? undefined : chooseRecording(entries, preset, columns);
    if (entry === undefined) return null;
    const data = cache.get(entry.path) ?? fetchRecording(siteBase(), entry);
    cache.set(entry.path, data);
    return await data.then(
      (loaded) => new Recording(loaded),
      () => null,
    );
  };
  const { columns } = chooseFit(document.documentElement.clientWidth, parsed.page.fontsize ?? settings.fontSize);
  return {
    parsed,
    settings,
    canRun,
    engine: () => {
      engine ??= new EngineClient();
      return engine;
    },
    recording: recordingFor(columns ?? Number.MAX_SAFE_INTEGER),
    recordingFor,
  };
}

/** The preset whose recording shows exactly what these options mean; null if none does. */
function recordedPreset(show: URLSearchParams, canRun: boolean): string | null {
  const preset = show.get("preset") ?? "";
  const seed = show.get("seed") ?? "0";
  const plain = [...show.keys()].every((name) => name === "preset" || name === "seed") && Number(seed) === 0;
  const entries = canRun ? engineManifest.prologues : engineManifest.recorded;
  if (plain && entries.some((entry) => entry.preset === preset)) return preset;
  return canRun ? null : (entries[0]?.preset ?? null);
}
