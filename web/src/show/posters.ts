/** What is known of every preset's run before anything is computed: a file of the build's, fetched when a poster needs it. */

import { type Poster, readPoster } from "../generated/protocol";
import { attempt } from "../reading";
import type { Grid } from "../terminal/fit";
import { offered } from "./offered";
import { posterScreen } from "./poster-screen";

/** With these the run is another one than any that is known. */
const OTHER_RUN = ["modules", "model", "accelerator", "dataset"];

export class Posters {
  readonly #base: string;
  #file: Promise<unknown> | null = null;

  /** @param base where the site is */
  constructor(base: string) {
    this.#base = base;
  }

  async textFor(query: string, grid: Grid): Promise<string> {
    return posterScreen(query, await this.#known(new URLSearchParams(query)), grid);
  }

  async #known(show: URLSearchParams): Promise<Poster | null> {
    if (OTHER_RUN.some((name) => show.has(name))) return null;
    this.#file ??= this.#fetch().catch(() => null);
    const all: Record<string, unknown> = Object((await this.#file) ?? {});
    return attempt(readPoster, all[show.get("preset") ?? ""]);
  }

  async #fetch(): Promise<unknown> {
    const response = await fetch(new URL(offered.posters, this.#base));
    if (!response.ok) throw new Error(`${offered.posters}: ${response.status}`);
    return await response.json();
  }
}
