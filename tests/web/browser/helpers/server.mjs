// A plain static server for the tests, like any host: no special headers but the one that lets frames of no origin load.
// With an encoding it serves the .br or .gz files beside the site's files, as hosts that know them do.

import { createReadStream, existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const ENDINGS = { br: ".br", gzip: ".gz" };

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".webmanifest": "application/manifest+json",
};

/**
 * @typedef {[RegExp, string]} Prefix of the paths, and what comes before what lies there
 * @typedef {{url: string, requests: string[], pages: Map<string, string | Uint8Array>, missing: RegExp[], slow: RegExp[], cut: RegExp[], untyped: RegExp[], prefixes: Prefix[], stop: () => Promise<void>}} Server
 * @param {string} folder
 * @param {{prefix?: string, headers?: Record<string, string>, encoding?: "br" | "gzip"}} options `prefix`: the path that the folder is served under
 * @returns {Promise<Server>}
 */
export async function serve(folder, { prefix = "/", headers = { "access-control-allow-origin": "*" }, encoding } = {}) {
  /** @type {string[]} */
  const requests = [];
  /** Pages and files that a test makes up, by path. @type {Map<string, string | Uint8Array>} */
  const pages = new Map();
  /** Paths that this host does not have, whatever the folder says. @type {RegExp[]} */
  const missing = [];
  /** Paths that come no earlier than they are taken out of here. @type {RegExp[]} */
  const slow = [];
  /** Paths of which half comes, and then the connection is gone. @type {RegExp[]} */
  const cut = [];
  /** Paths whose kind this host does not know. @type {RegExp[]} */
  const untyped = [];
  /** @type {Prefix[]} */
  const prefixes = [];
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname);
    requests.push(path);
    while (slow.some((pattern) => pattern.test(path))) await new Promise((resolve) => setTimeout(resolve, 50));
    const page = pages.get(path);
    if (page !== undefined)
      return void response
        .writeHead(200, { "content-type": TYPES[extname(path)] ?? TYPES[".html"], ...headers })
        .end(page);
    const file = fileOf(folder, prefix, path);
    if (file === undefined || missing.some((pattern) => pattern.test(path)))
      return void response.writeHead(404).end("not found");
    const packed = encoding === undefined ? "" : `${file}${ENDINGS[encoding]}`;
    const isPacked = packed !== "" && existsSync(packed);
    const isKnown = !untyped.some((pattern) => pattern.test(path));
    response.writeHead(200, {
      "content-type": (isKnown && TYPES[extname(file)]) || "application/octet-stream",
      ...(isPacked ? { "content-encoding": encoding } : {}),
      ...headers,
    });
    for (const [pattern, text] of prefixes) if (pattern.test(path)) response.write(text);
    if (request.method !== "HEAD" && cut.some((pattern) => pattern.test(path)))
      return void response.write(readFileSync(file).subarray(0, statSync(file).size / 2), () => response.destroy());
    createReadStream(isPacked ? packed : file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const stop = () => {
    slow.splice(0); // nobody waits for them any more
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return {
    url: `http://127.0.0.1:${port}${prefix}`,
    requests,
    pages,
    missing,
    slow,
    cut,
    untyped,
    prefixes,
    stop: async () => void (await stop()),
  };
}

/** @param {string} folder @param {string} prefix @param {string} path */
function fileOf(folder, prefix, path) {
  if (!path.startsWith(prefix)) return undefined;
  const inside = join(folder, normalize(`/${path.slice(prefix.length)}`));
  const file = existsSync(inside) && statSync(inside).isDirectory() ? join(inside, "index.html") : inside;
  return existsSync(file) ? file : undefined;
}
