// Draws the PNG icons from web/public/icon.svg:  node tests/web/browser/make-icons.mjs

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { launch } from "./helpers/browsers.mjs";

const PUBLIC = new URL("../../../web/public/", import.meta.url);
const drawing = readFileSync(new URL("icon.svg", PUBLIC), "utf8");
/** A maskable icon's picture stays inside the middle four fifths, its background fills everything. */
const maskable = drawing
  .replace('rx="96" ', "")
  .replace("<path", '<g transform="translate(64 64) scale(.75)"><path')
  .replace("</svg>", "</g></svg>");

const browser = await launch();
const page = await browser.newPage();
for (const [name, size, source] of [
  ["icon-192.png", 192, drawing],
  ["icon-512.png", 512, drawing],
  ["icon-maskable-512.png", 512, maskable],
]) {
  await page.setViewport({ width: Number(size), height: Number(size) });
  await page.setContent(`<style>html,body{margin:0;background:transparent}svg{display:block}</style>${source}`);
  await page.screenshot({ path: fileURLToPath(new URL(String(name), PUBLIC)), omitBackground: true });
}
await browser.close();
