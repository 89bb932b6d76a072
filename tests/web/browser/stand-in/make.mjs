// Writes a stand-in engine folder in the form that web/build/engine.mjs leaves:  node make.mjs <folder>

import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { prologue } from "./session.mjs";

const SIZES = [
  [40, 30],
  [48, 34],
  [60, 36],
  [80, 36],
  [100, 40],
  [120, 40],
  [160, 48],
  [200, 56],
];
const PRESETS = ["", "classic", "llama3-8b"];

const PYODIDE = `
import { browserModule } from "./session.mjs";
const wait = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
export async function loadPyodide() {
  await wait(Number(new URL(import.meta.url).searchParams.get("boot") ?? 1.5));
  return { pyimport: () => browserModule };
}
`;

const option = (name, group, more = {}) => ({
  name,
  group,
  help: `about ${name}`,
  control: "text",
  placeholder: "N",
  choices: [],
  repeatable: false,
  default: null,
  ...more,
});

const OPTIONS = {
  presets: PRESETS.slice(1).map((name) => ({ name, title: name, summary: `what ${name} is` })),
  options: [
    option("preset", "What is trained", { choices: PRESETS.slice(1), control: "select" }),
    option("precision", "What is trained", { choices: ["bf16", "fp8"], control: "select" }),
    option("seed", "What is trained", { default: 0 }),
    option("tempo", "How it is watched", { default: "show" }),
  ],
};

/** @param {string} folder */
export function makeStandIn(folder) {
  const file = (path, text) => {
    writeFileSync(join(folder, path), text);
    return { path: `engine/${path}`, as: path.endsWith(".mjs") ? "module" : "fetch", bytes: text.length };
  };
  mkdirSync(join(folder, "prologue"), { recursive: true });
  copyFileSync(new URL("session.mjs", import.meta.url), join(folder, "session.mjs"));
  const recordings = (seconds, presets, kind) =>
    presets.flatMap((preset) =>
      SIZES.map(([columns, rows]) => {
        const query = preset === "" ? "" : `preset=${preset}`;
        const path = `prologue/${kind}-${preset}-${columns}.json`;
        file(path, JSON.stringify(prologue(query, columns, rows, seconds, 10)));
        return { preset, columns, rows, seconds, path: `engine/${path}` };
      }),
    );
  const manifest = {
    version: "stand-in",
    indexURL: "engine/",
    stdLibURL: "engine/library.zip",
    lockFileURL: "engine/lock.json",
    packageBaseUrl: "engine/",
    packages: [],
    files: [file("pyodide.mjs", PYODIDE)],
    options: file("options.json", JSON.stringify(OPTIONS)).path,
    prologues: recordings(20, PRESETS, "prologue"),
    recorded: recordings(40, [""], "recorded"),
  };
  file("engine.json", JSON.stringify(manifest));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) makeStandIn(process.argv[2] ?? "engine");
