/** Real progress of the boot: the bytes of the files that have arrived, from the browser's own resource timing. */

import { engineManifest } from "./manifest";

export interface ProgressReport {
  stage: string;
  loadedBytes: number;
  totalBytes: number;
}

export class Progress {
  readonly #sizes: Map<string, number>;
  readonly #totalBytes: number;
  readonly #report: (report: ProgressReport) => void;
  readonly #observer: PerformanceObserver;
  #loadedBytes = 0;
  #stage = "";

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

  close(): void {
    this.#observer.disconnect();
  }

  #arrived(entries: PerformanceEntryList): void {
    const before = this.#loadedBytes;
    for (const { name } of entries) {
      this.#loadedBytes += this.#sizes.get(name) ?? 0;
      this.#sizes.delete(name);
    }
    if (this.#loadedBytes !== before) this.#send();
  }

  #send(): void {
    this.#report({ stage: this.#stage, loadedBytes: this.#loadedBytes, totalBytes: this.#totalBytes });
  }
}
