/**
 * Real progress of the boot: the bytes of the files that have arrived, from the browser's own resource timing, and what has
 * come so far of those that we read ourselves. Pyodide's own are left alone, so that the browser can keep its compiled code.
 */

import { engineManifest } from "./manifest";

export interface ProgressReport {
  stage: string;
  loadedBytes: number;
  totalBytes: number;
}

/** Of pieces of files; a fast line brings thousands. */
const MOST_REPORTS = 200;

export class Progress {
  readonly #sizes: Map<string, number>;
  readonly #totalBytes: number;
  readonly #report: (report: ProgressReport) => void;
  readonly #observer: PerformanceObserver;
  #arrivedBytes = 0;
  readonly #partly = new Map<string, number>();
  #stage = "";
  #told = 0;

  constructor(base: string, report: (report: ProgressReport) => void) {
    this.#sizes = new Map(engineManifest.files.map(({ path, bytes }) => [new URL(path, base).href, bytes]));
    this.#totalBytes = engineManifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
    this.#report = report;
    this.#observer = new PerformanceObserver((list) => this.#arrived(list.getEntries()));
    this.#observer.observe({ type: "resource", buffered: true });
  }

  stage(name: string): void {
    this.#stage = name;
    this.#send();
  }

  /** So many bytes of a file are here. */
  read(url: string, bytes: number): void {
    if (!this.#sizes.has(url)) return;
    this.#partly.set(url, bytes);
    if (this.#loadedBytes - this.#told >= this.#totalBytes / MOST_REPORTS) this.#send();
  }

  get #loadedBytes(): number {
    return [...this.#partly.values()].reduce((sum, bytes) => sum + bytes, this.#arrivedBytes);
  }

  close(): void {
    this.#observer.disconnect();
  }

  #arrived(entries: PerformanceEntryList): void {
    const before = this.#arrivedBytes;
    for (const { name } of entries) {
      this.#arrivedBytes += this.#sizes.get(name) ?? 0;
      this.#sizes.delete(name);
      this.#partly.delete(name);
    }
    if (this.#arrivedBytes !== before) this.#send();
  }

  #send(): void {
    this.#told = this.#loadedBytes;
    this.#report({ stage: this.#stage, loadedBytes: this.#told, totalBytes: this.#totalBytes });
  }
}
