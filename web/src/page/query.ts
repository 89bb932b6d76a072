/**
 * The query string: what belongs to the page is read here, everything else goes to the core as it is.
 * No value is ever used as markup or code.
 */

import { PARTS } from "../generated/constants";
import type { PageOption, Problem } from "../generated/protocol";
import { THEME_NAMES, type ThemeName } from "../terminal/themes";

export type Part = (typeof PARTS)[number];

export interface PageOptions extends Record<PageOption, unknown> {
  autoplay: boolean;
  /** auto: seen on hover, focus or touch and while paused. */
  controls: "auto" | "true" | "false";
  theme: ThemeName | undefined;
  fontsize: number | undefined;
  /** Show second of the still picture behind the play button; undefined leaves it to the show. */
  poster: number | undefined;
  loop: boolean;
  loading: "eager" | "lazy" | "click";
  /** As written: places and words for each. */
  notes: string;
  /** Below an embed: words, or undefined for the run's own title; none where empty. */
  caption: string | undefined;
  credit: boolean;
  border: boolean;
}

export interface ParsedQuery {
  page: PageOptions;
  /** For the core: option names as on the command line. */
  show: URLSearchParams;
  problems: Problem[];
}

const DEFAULT_POSTER_SECONDS = 12;
const SMALLEST_FONT = 6;
const LARGEST_FONT = 48;

/** An option or attribute without a value is on. */
const FLAGS = new Map([
  ...["", "1", "true", "yes", "on"].map((text) => [text, true] as const),
  ...["0", "false", "no", "off"].map((text) => [text, false] as const),
]);

class Unusable extends Error {}

const READERS: { [Name in PageOption]: (text: string) => PageOptions[Name] } = {
  autoplay: readFlag,
  controls: readControls,
  theme: (text) => readChoice(text, THEME_NAMES),
  fontsize: (text) => readNumber(text, SMALLEST_FONT, LARGEST_FONT),
  poster: (text) => readNumber(text, 0, 3600),
  loop: readFlag,
  loading: (text) => readChoice(text, ["eager", "lazy", "click"]),
  notes: (text) => text,
  caption: (text) =>
    FLAGS.get(text.toLowerCase()) === undefined ? text : FLAGS.get(text.toLowerCase()) ? undefined : "",
  credit: readFlag,
  border: readFlag,
};
/** Words for people are as they were written. */
const AS_WRITTEN: ReadonlySet<PageOption> = new Set(["notes", "caption"]);

export function parseQuery(query: string): ParsedQuery {
  const page: PageOptions = {
    autoplay: true,
    controls: "auto",
    theme: undefined,
    fontsize: undefined,
    poster: undefined,
    loop: false,
    loading: "lazy",
    notes: "",
    caption: undefined,
    credit: true,
    border: true,
  };
  const show = new URLSearchParams();
  const problems: Problem[] = [];
  for (const [name, value] of new URLSearchParams(query)) {
    const pageName = name.trim().toLowerCase();
    if (!isPageName(pageName)) show.append(name, value);
    else readInto(page, pageName, value, problems);
  }
  return { page, show, problems };
}

/** Show second of the picture behind the play button: where the show was sent to a place, that place. */
export function stillSeconds({ page, show }: ParsedQuery): number {
  return page.poster ?? (show.has("from") ? 0 : DEFAULT_POSTER_SECONDS);
}

/** Which parts of the screen are wanted: all of them where none, or one that nobody knows, is named. The core says what is wrong. */
export function wantedParts(show: URLSearchParams): ReadonlySet<Part> {
  const named = (show.getAll("show").at(-1) ?? "").split(",").map((word) => word.trim().toLowerCase());
  const known = PARTS.filter((part) => named.includes(part));
  return new Set(named.every((word) => known.some((part) => part === word)) ? known : PARTS);
}

/** A query that shows something else on a page with the same options of its own. */
export function withShow(query: string, show: string): string {
  const own = [...new URLSearchParams(query)].filter(([name]) => isPageName(name.trim().toLowerCase()));
  return new URLSearchParams([...new URLSearchParams(show), ...own]).toString();
}

function isPageName(name: string): name is PageOption {
  return Object.hasOwn(READERS, name);
}

function readInto<Name extends PageOption>(page: PageOptions, name: Name, value: string, problems: Problem[]): void {
  try {
    const words = value.trim();
    page[name] = READERS[name](AS_WRITTEN.has(name) ? words : words.toLowerCase());
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    problems.push({ option: name, value, message: error.message });
  }
}

function readFlag(text: string): boolean {
  const flag = FLAGS.get(text);
  if (flag === undefined) throw new Unusable("is not a yes or no");
  return flag;
}

/** A flag with a third choice. */
function readControls(text: string): PageOptions["controls"] {
  if (FLAGS.has(text)) return readFlag(text) ? "true" : "false";
  return readChoice(text, ["auto", "true", "false"]);
}

function readChoice<Choice extends string>(text: string, choices: readonly Choice[]): Choice {
  const found = choices.find((choice) => choice === text);
  if (found === undefined) throw new Unusable(`is not known; it can be ${choices.join(", ")}`);
  return found;
}

function readNumber(text: string, least: number, most: number): number {
  const value = text === "" ? Number.NaN : Number(text);
  if (!(value >= least && value <= most)) throw new Unusable(`is not a number from ${least} to ${most}`);
  return value;
}
