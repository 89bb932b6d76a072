/** All recordings of one show: the same moments at a few widths. */

import type { RecordingEntry } from "../engine/manifest";
import { type Recorded, readRecorded } from "../generated/protocol";
import { Recording } from "./recording";

export class Recordings {
  readonly #base: string;
  /** The widest first. */
  readonly #entries: RecordingEntry[];
  readonly #loading = new Map<string, Promise<Recorded>>();

  /** @param base where the site is */
  constructor(base: string, entries: RecordingEntry[]) {
    this.#base = base;
    this.#entries = entries.toSorted((a, b) => b.columns - a.columns);
  }

  /** The widest that is not too wide, else the narrowest. */
  entryFor(columns: number): RecordingEntry | undefined {
    return this.#entries.find((entry) => entry.columns <= columns) ?? this.#entries.at(-1);
  }

  /** Null if there is none, or it cannot be had. */
  async load(columns: number): Promise<Recording | null> {
    const entry = this.entryFor(columns);
    if (entry === undefined) return null;
    const data = this.#loading.get(entry.path) ?? this.#fetch(entry);
    this.#loading.set(entry.path, data);
    return await data.then(
      (loaded) => new Recording(loaded),
      () => null,
    );
  }

  async #fetch({ path }: RecordingEntry): Promise<Recorded> {
    const response = await fetch(new URL(path, this.#base));
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return readRecorded(await response.json());
  }
}
