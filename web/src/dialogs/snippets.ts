/** What the share dialog hands out, as text. */

import { REPEATABLE } from "../generated/constants";

export interface ShareChoice {
  query: string;
  /** Run seconds to begin at, if the present place is shared. */
  from: number | undefined;
  theme: string;
  autoplay: boolean;
  loop: boolean;
  /** Where it ends, as `--until` reads it. */
  until?: string;
  /** Of the screen, those that are wanted; all where none is named. */
  parts?: readonly string[];
  /** As attributes of HTML have them. */
  width?: string;
  height?: string;
  /** Presets that have a page of their own: a link to it tells others what it shows. */
  pages: readonly string[];
}

export interface Snippets {
  permalink: string;
  preview: string;
  iframe: string;
  element: string;
  command: string;
}

export function makeSnippets(base: string, choice: ShareChoice): Snippets {
  const run = new URLSearchParams(choice.query);
  if (choice.from !== undefined) run.set("from", clockText(choice.from));
  if (choice.until) run.set("until", choice.until);
  const { width = DEFAULT_WIDTH, height = DEFAULT_HEIGHT, parts = [] } = choice;
  const embed = new URLSearchParams(run);
  if (parts.length > 0) embed.set("show", parts.join(","));
  if (choice.theme !== "auto") embed.set("theme", choice.theme);
  if (!choice.autoplay) embed.set("autoplay", "0");
  if (choice.loop) embed.set("loop", "1");
  const preview = address(base, "embed.html", embed);
  return {
    permalink: permalink(base, run, choice.pages),
    preview,
    iframe: `<iframe src="${escapeHtml(preview)}" title="A simulated training run" width="${escapeHtml(width)}" height="${escapeHtml(height)}" loading="lazy" allow="fullscreen; clipboard-write" style="border:0"></iframe>`,
    element: `<script async src="${escapeHtml(address(base, "embed.js"))}"></script>\n<pysim-run${attributes(sized(embed, width, height))}></pysim-run>`,
    command: `pysim${commandOptions(run)}`,
  };
}

export const DEFAULT_WIDTH = "100%";
export const DEFAULT_HEIGHT = "420";

/** An element has its size as attributes beside its options, where it is not the usual one. */
function sized(embed: URLSearchParams, width: string, height: string): URLSearchParams {
  const asked = new URLSearchParams(embed);
  if (width !== DEFAULT_WIDTH) asked.set("width", width);
  if (height !== DEFAULT_HEIGHT) asked.set("height", height);
  return asked;
}

function permalink(base: string, run: URLSearchParams, pages: readonly string[]): string {
  const preset = run.get("preset") ?? "";
  if (!pages.includes(preset) || run.getAll("preset").length > 1) return address(base, "", run);
  const others = [...run].filter(([name]) => name !== "preset");
  return address(base, `${preset}.html`, new URLSearchParams(others));
}

function address(base: string, page: string, query?: URLSearchParams): string {
  const url = new URL(page, base);
  url.search = query?.toString() ?? "";
  return url.href;
}

/** h:mm:ss, which `--from` reads; it knows no days in front of a clock. */
function clockText(seconds: number): string {
  const whole = Math.floor(seconds);
  const parts = [Math.floor(whole / 60) % 60, whole % 60].map((part) => String(part).padStart(2, "0"));
  return [Math.floor(whole / 3600), ...parts].join(":");
}

/** An element has each attribute once. */
function attributes(query: URLSearchParams): string {
  const names = [...new Set(query.keys())];
  const value = (name: string): string =>
    query
      .getAll(name)
      .slice(REPEATABLE.includes(name) ? 0 : -1)
      .join(" ");
  return names.map((name) => ` ${name.replace(/[^\w-]/g, "")}="${escapeHtml(value(name))}"`).join("");
}

function commandOptions(query: URLSearchParams): string {
  return [...query].map(([name, value]) => ` --${name.replace(/[^\w-]/g, "")} ${quote(value)}`).join("");
}

function quote(value: string): string {
  return /^[\w.,:=%+/-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}

function escapeHtml(text: string): string {
  const names: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replace(/[&<>"]/g, (character) => names[character] ?? character);
}
