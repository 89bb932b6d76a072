/**
 * Builds the two pages and `embed.js` into ../site. The engine has been built before (web/engine): its manifest becomes
 * part of the page's code, and its files are preloaded from the HTML. Every address is relative, so that the site works
 * under any path.
 */

import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build, defineConfig, type HtmlTagDescriptor, minify, type Plugin, type Rollup } from "vite";
import type { EngineFile, EngineManifest } from "./src/engine/manifest";
import type { Offered, RecordingEntry } from "./src/show/offered";

const here = dirname(fileURLToPath(import.meta.url));
const engineFolder = resolve(process.env.PYSIM_ENGINE ?? resolve(here, "engine"));
const outDir = resolve(process.env.PYSIM_SITE ?? resolve(here, "../site"));

/** As engine.mjs wrote it. */
function readManifest(): Omit<EngineManifest, "presets"> & Offered {
  const path = resolve(engineFolder, "engine.json");
  if (!existsSync(path)) throw new Error(`${path} is missing: build the engine first (npm run site:engine)`);
  return JSON.parse(readFileSync(path, "utf8")) as Omit<EngineManifest, "presets"> & Offered;
}

/** What the engine needs of it. */
function engineManifest(): EngineManifest {
  const made = readManifest();
  return {
    indexURL: made.indexURL,
    stdLibURL: made.stdLibURL,
    lockFileURL: made.lockFileURL,
    packageBaseUrl: made.packageBaseUrl,
    packages: made.packages,
    ...(made.info === undefined ? {} : { info: made.info }),
    snapshot: made.snapshot,
    files: made.files.map(({ path, bytes }: EngineFile) => ({ path, bytes })),
    ...(made.cold === undefined
      ? {}
      : { cold: { path: made.cold.path, bytes: made.cold.bytes, lengths: made.cold.lengths } }),
    later: { path: made.later.path, bytes: made.later.bytes, folder: made.later.folder },
    presets: [...new Set(made.prologues.map(({ preset }) => preset).filter(Boolean))],
  };
}

/** What the page needs of it. */
function offered(): Offered {
  const { options, posters, prologues, recorded } = readManifest();
  const recording = ({ preset, columns, path, first }: RecordingEntry): RecordingEntry => ({
    preset,
    columns,
    path,
    first,
  });
  return { options, posters, prologues: prologues.map(recording), recorded: recorded.map(recording) };
}

const GUARD_TAG = '<script src="./src/guard.js"></script>';
const LISTS = { "virtual:engine-manifest": engineManifest, "virtual:offered": offered };

/** The engine build's lists, as modules. */
function engineLists(): Plugin {
  const named = (id: string) => Object.entries(LISTS).find(([name]) => id === `\0${name}`)?.[1];
  return {
    name: "pysim-engine-lists",
    resolveId: (id) => (id in LISTS ? `\0${id}` : undefined),
    load: (id) => {
      const list = named(id);
      return list && `export default ${JSON.stringify(list())}`;
    },
  };
}

/**
 * The page's own code is asked for by the HTML itself, and nothing is drawn before the first of it has run: it would be an empty
 * box, which takes as long to draw as the first frame, and that would come after it. The engine's files are not asked for: their
 * twenty megabytes would pass through the page's thread and double the time to the first text, while the worker asks for them
 * in parallel anyway and is ready no later.
 */
function preloads(): Plugin {
  return {
    name: "pysim-preloads",
    transformIndexHtml: {
      order: "post",
      handler: (html, { filename, bundle }) => {
        const chunks = Object.values(bundle ?? {}).filter((chunk) => chunk.type === "chunk");
        const start = resolve(here, filename.endsWith("embed.html") ? "src/embed-page.ts" : "src/main.ts");
        const page = chunks.find(({ moduleIds }) => moduleIds.includes(start));
        const code = page === undefined ? [] : [page.fileName, ...staticImports(page, bundle ?? {})];
        const later = code.filter((file) => !html.includes(file));
        return {
          html: html.replace('<script type="module"', '<script type="module" blocking="render"'),
          tags: later.map((file) => link({ rel: "modulepreload", href: `./${file}` })),
        };
      },
    },
  };
}

/**
 * The guard is in the page itself: it has to run whatever else does not arrive, and code that comes by an address of its own would
 * stand in line before the first text. The page's policy names it by its hash.
 */
function guard(): Plugin {
  return {
    name: "pysim-guard",
    transformIndexHtml: {
      order: "pre",
      handler: async (html) => {
        const { code } = await minify("guard.js", readFileSync(resolve(here, "src/guard.js"), "utf8"));
        const hash = createHash("sha256").update(code).digest("base64");
        return html
          .replace(GUARD_TAG, () => `<script>${code}</script>`)
          .replace("script-src 'self'", `script-src 'self' 'sha256-${hash}'`);
      },
    },
  };
}

function staticImports(chunk: Rollup.OutputChunk, bundle: Rollup.OutputBundle, seen = new Set<string>()): string[] {
  for (const file of chunk.imports) {
    if (seen.has(file)) continue;
    seen.add(file);
    const next = bundle[file];
    if (next?.type === "chunk") staticImports(next, bundle, seen);
  }
  return [...seen];
}

function link(attrs: Record<string, string>): HtmlTagDescriptor {
  return { tag: "link", attrs: { ...attrs, crossorigin: attrs.crossorigin ?? true }, injectTo: "head" };
}

/** `embed.js` keeps its name and is a plain script, so that any page of any origin can include it. */
function embedScript(): Plugin {
  return {
    name: "pysim-embed-script",
    async generateBundle() {
      const result = await build({
        configFile: false,
        logLevel: "warn",
        build: {
          write: false,
          target: "es2022",
          lib: { entry: resolve(here, "src/embed/element.ts"), formats: ["iife"], name: "pysimEmbed" },
        },
      });
      const output = (Array.isArray(result) ? result : [result]).flatMap((part) =>
        "output" in part ? part.output : [],
      );
      const script = output.find((part) => part.type === "chunk");
      if (script?.type !== "chunk") throw new Error("embed.js was not built");
      this.emitFile({ type: "asset", fileName: "embed.js", source: script.code });
    },
  };
}

/** The examples go into the site as they are: their addresses are relative. */
function examples(): Plugin {
  return {
    name: "pysim-examples",
    generateBundle() {
      for (const fileName of ["examples/blog.html", "examples/loss-spike.html"]) {
        this.emitFile({ type: "asset", fileName, source: readFileSync(resolve(here, fileName), "utf8") });
      }
    },
  };
}

export default defineConfig({
  root: here,
  base: "./",
  publicDir: resolve(here, "public"),
  plugins: [engineLists(), guard(), preloads(), embedScript(), examples()],
  worker: { format: "es", plugins: () => [engineLists()] },
  build: {
    outDir,
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0, // the Content-Security-Policy has no data: scripts or styles
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { index: resolve(here, "index.html"), embed: resolve(here, "embed.html") },
      output: {
        // One file before the first frame, one with what both pages run on: each further one stands in line before the text.
        codeSplitting: {
          groups: [
            { name: "early", tags: ["$initial"], priority: 1 },
            {
              name: "app",
              test: /src[\\/](main|app|page-actions|controls[\\/](bar|keys|timeline)|page[\\/]offline)\.ts$/,
            },
          ],
        },
      },
    },
  },
});
