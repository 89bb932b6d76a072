/**
 * Finds text in the log and keeps sight of it while the log goes on: a line that is written never changes, it only moves up.
 * The live region below is drawn anew all the time and is not searched. (xterm.js's own search add-on looks again only when
 * nothing was written for a while, which never happens while a run plays.)
 */

import type { IDecoration, IMarker, Terminal } from "@xterm/xterm";
import { lastRow } from "./pointing";

/** More are neither marked nor counted. */
export const MOST_FOUND = 1_000;

/** As #rrggbb. */
export interface FoundColours {
  found: string;
  chosen: string;
  onChosen: string;
}

export interface FinderOptions {
  xterm: Terminal;
  /** Rows at the end that are no log. */
  liveRows: () => number;
  colours: () => FoundColours;
}

interface Match {
  marker: IMarker;
  column: number;
  decoration: IDecoration | undefined;
}

/** Which of how many is chosen, from 1; the oldest is the first. */
export interface Found {
  place: number;
  count: number;
}

export class Finder {
  readonly #options: FinderOptions;
  #term = "";
  #matches: Match[] = [];
  #chosen: Match | null = null;
  /** The last row that was searched. */
  #searched: IMarker | undefined;

  constructor(options: FinderOptions) {
    this.#options = options;
  }

  get found(): Found {
    return { place: this.#chosen === null ? 0 : this.#matches.indexOf(this.#chosen) + 1, count: this.#matches.length };
  }

  /** Chooses the newest that is there. */
  search(term: string): void {
    this.clear();
    this.#term = term.toLowerCase();
    this.#look(0);
    this.#choose(this.#matches.at(-1));
  }

  /** Goes on to the next one or back to the one before, and around. */
  move(by: 1 | -1): void {
    this.refresh();
    const { place, count } = this.found;
    if (count > 0) this.#choose(this.#matches[(place - 1 + by + count) % count]);
  }

  /** After something was written: what is gone is forgotten, what is new is found. */
  refresh(): void {
    if (this.#term === "") return;
    const { xterm } = this.#options;
    if (this.#searched === undefined || this.#searched.isDisposed || this.#searched.line > this.#lastRow) {
      const row = this.#chosen?.marker.line ?? xterm.buffer.active.viewportY + xterm.rows;
      this.#forget();
      this.#look(0);
      this.#choose(this.#nearest(row), false);
    } else {
      this.#matches = this.#matches.filter(({ marker }) => !marker.isDisposed);
      this.#look(this.#searched.line + 1);
      if (this.#chosen?.marker.isDisposed !== false) this.#choose(this.#matches[0], false);
    }
  }

  clear(): void {
    this.#term = "";
    this.#forget();
  }

  #forget(): void {
    this.#keep(0);
    this.#chosen = null;
    this.#searched?.dispose();
    this.#searched = undefined;
  }

  get #lastRow(): number {
    return lastRow(this.#options.xterm) - this.#options.liveRows();
  }

  /** The newest, if there are too many. */
  #look(from: number): void {
    const last = this.#lastRow;
    if (this.#term === "" || from > last) return;
    const places = Array.from({ length: last - from + 1 }, (_, index) => this.#placesIn(from + index)).flat();
    this.#keep(MOST_FOUND - Math.min(places.length, MOST_FOUND));
    for (const { row, column } of places.slice(-MOST_FOUND)) {
      const marker = this.#mark(row);
      if (marker !== undefined) this.#matches.push(this.#shown({ marker, column, decoration: undefined }));
    }
    this.#searched?.dispose();
    this.#searched = this.#mark(last);
  }

  #placesIn(row: number): { row: number; column: number }[] {
    const text = this.#options.xterm.buffer.active.getLine(row)?.translateToString(true).toLowerCase() ?? "";
    const places = [];
    let column = text.indexOf(this.#term);
    while (column >= 0 && places.length < MOST_FOUND) {
      places.push({ row, column });
      column = text.indexOf(this.#term, column + this.#term.length);
    }
    return places;
  }

  /** So many of the newest. */
  #keep(count: number): void {
    for (const match of this.#matches.splice(0, Math.max(0, this.#matches.length - count))) drop(match);
  }

  #mark(row: number): IMarker | undefined {
    const { baseY, cursorY } = this.#options.xterm.buffer.active;
    return this.#options.xterm.registerMarker(row - baseY - cursorY);
  }

  #shown(match: Match): Match {
    const { found, chosen, onChosen } = this.#options.colours();
    const isChosen = match === this.#chosen;
    match.decoration?.dispose();
    match.decoration = this.#options.xterm.registerDecoration({
      marker: match.marker,
      x: match.column,
      width: this.#term.length,
      layer: isChosen ? "top" : "bottom",
      backgroundColor: isChosen ? chosen : found,
      ...(isChosen ? { foregroundColor: onChosen } : {}),
    });
    return match;
  }

  #nearest(row: number): Match | undefined {
    const distance = ({ marker }: Match): number => Math.abs(marker.line - row);
    return this.#matches.toSorted((a, b) => distance(a) - distance(b))[0];
  }

  #choose(match: Match | undefined, isShown = true): void {
    const before = this.#chosen;
    this.#chosen = match ?? null;
    for (const changed of new Set([before, this.#chosen])) {
      if (changed !== null && !changed.marker.isDisposed) this.#shown(changed);
    }
    if (match !== undefined && isShown) this.#scrollTo(match.marker.line);
  }

  /** To the middle of the screen, and at least a line up: at the very end the log would carry it away. */
  #scrollTo(row: number): void {
    const { xterm } = this.#options;
    const { baseY } = xterm.buffer.active;
    xterm.scrollToLine(Math.max(0, Math.min(row - Math.floor(xterm.rows / 2), baseY - 1)));
  }
}

function drop({ marker, decoration }: Match): void {
  decoration?.dispose();
  marker.dispose();
}
