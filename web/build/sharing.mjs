// What others see of a link to the site, once the build knows where that is (SITE_URL): tags in the page, a page for each
// preset with tags of its own, and a picture for each. A host of files answers every query with the same page, so a preset
// needs a page of its own to be told by; it is the same program, which shows that preset.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { addresses } from "./addresses.mjs";
import { write } from "./content.mjs";
import { readManifest } from "./engine.mjs";
import { placeIn } from "./interpreter.mjs";
import { ENGINE_FOLDER, SITE_FOLDER } from "./paths.mjs";
import { HEIGHT, picture, WIDTH } from "./pictures.mjs";

/** @typedef {{name: string, title: string, summary: string, run: string, curve: [number, number][]}} Preset */
/** @typedef {{page: string, picture: string, title: string, summary: string, preset?: string}} Shared */

const SITE_NAME = "pysim";
const ALL = {
  title: "Watch a language model being trained",
  summary:
    "A flight simulator of training runs: from GPT-2 on eight GPUs to Llama 3.1 405B on 16,384, live in a terminal on a page.",
};

/** @param {Preset[]} presets @returns {(Shared & {curves: [number, number][][]})[]} */
const sharedOf = (presets) => [
  { page: "", picture: "pictures/all.png", ...ALL, curves: presets.map(({ curve }) => curve) },
  ...presets.map(({ name, title, run, summary, curve }) => ({
    page: `${name}.html`,
    picture: `pictures/${name}.png`,
    title: run,
    summary: run.startsWith(title) ? summary : `${title}: ${summary}`,
    preset: name,
    curves: [curve],
  })),
];

/** @param {string} text */
const escaped = (text) => text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);

/**
 * The page with tags in it, and its preset.
 * @param {string} html
 * @param {string} site
 * @param {Shared} shared
 */
export function tagged(html, site, { page, picture: path, title, summary, preset }) {
  const tags = [
    ["og:type", "website"],
    ["og:site_name", SITE_NAME],
    ["og:title", title],
    ["og:description", summary],
    ["og:url", `${site}${page}`],
    ["og:image", `${site}${path}`],
    ["og:image:type", "image/png"],
    ["og:image:width", WIDTH],
    ["og:image:height", HEIGHT],
    ["og:image:alt", `${title}: the loss falls`],
  ].map(([name, content]) => `<meta property="${name}" content="${escaped(String(content))}">`);
  const all = [...tags, '<meta name="twitter:card" content="summary_large_image">'].map((tag) => `    ${tag}\n`);
  const named = html.replace(/ *<\/head>/, (end) => `${all.join("")}${end}`);
  if (preset === undefined) return named;
  return named
    .replace("<html ", () => `<html data-preset="${escaped(preset)}" `)
    .replace(/<title>.*<\/title>/, () => `<title>${escaped(title)} · ${SITE_NAME}</title>`)
    .replace(/(<meta name="description" content=")[^"]*/, (_, start) => `${start}${escaped(summary)}`);
}

/**
 * @param {string} folder the finished site's
 * @param {string | undefined} site
 * @param {() => Preset[]} presets
 */
export async function writeSharing(folder = SITE_FOLDER, site = addresses().site, presets = builtPresets) {
  if (site === undefined) return;
  const html = readFileSync(join(folder, "index.html"), "utf8");
  for (const { curves, ...shared } of sharedOf(presets())) {
    write(join(folder, shared.page || "index.html"), tagged(html, site, shared));
    write(join(folder, shared.picture), await picture({ title: shared.title, summary: shared.summary, curves }));
  }
}

/** @returns {Preset[]} */
export const builtPresets = () =>
  JSON.parse(readFileSync(placeIn(ENGINE_FOLDER, readManifest().options), "utf8")).presets;
