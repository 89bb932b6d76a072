/** A part that comes after the start: it is fetched once, whoever asks, and anew where it could not be had. */

import { again } from "./again";
import { describe } from "./failure";

/** What Python says of a module, and our own reader of tables of a table, that is not there. */
const MISSING = new Set(["ModuleNotFoundError", "FileNotFoundError"]);

export class Later {
  readonly #layOut: () => Promise<void>;
  #loading: Promise<void> | null = null;
  #isHere = false;

  /** @param layOut fetches it and lays it out */
  constructor(layOut: () => Promise<void>) {
    this.#layOut = layOut;
  }

  get isHere(): boolean {
    return this.#isHere;
  }

  /** Resolves once it is laid out; rejects with one sentence where it cannot be had. */
  load(): Promise<void> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  /** Whether what failed would not have, had the archive been there. */
  mends(error: unknown): boolean {
    return !this.#isHere && error instanceof Error && MISSING.has((error as { type?: string }).type ?? "");
  }

  async #load(): Promise<void> {
    try {
      await again(this.#layOut);
      this.#isHere = true;
    } catch (error) {
      this.#loading = null;
      throw new Error(`a part of the simulator could not be loaded (${describe(error)})`);
    }
  }
}
