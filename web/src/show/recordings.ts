/** All recordings of one show: the same moments at a few widths. They are fetched before the code is here that reads them. */

import type { RecordingEntry } from "./offered";

export class Recordings {
  readonly #base: string;
  /** The widest first. */
  readonly #entries: RecordingEntry[];
  readonly #loading = new Map<string, Promise<unknown>>();

  /** @param base where the site is */
  constructor(base: string, entries: RecordingEntry[]) {
    this.#base = base;
    this.#entries = entries.toSorted((a, b) => b.columns - a.columns);
  }

  /** The widest that is not too wide, else the narrowest. */
  entryFor(columns: number): RecordingEntry | undefined {
    return this.#entries.find((entry) => entry.columns <= columns) ?? this.#entries.at(-1);
  }

  /** What lies there, to be read; null if there is none, or it cannot be had. */
  load(columns: number): Promise<unknown> {
    const entry = this.entryFor(columns);
    if (entry === undefined) return Promise.resolve(null);
    const data = this.#loading.get(entry.path) ?? this.#fetch(entry).catch(() => null);
    this.#loading.set(entry.path, data);
    return data;
  }

  async #fetch({ path }: RecordingEntry): Promise<unknown> {
    const response = await fetch(new URL(path, this.#base));
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return await response.json();
  }
}
