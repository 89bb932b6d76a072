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
 * @typedef {{url: string, requests: string[], pages: Map<string, string | Uint8Array>, missing: RegExp[], slow: RegExp[], cut: RegExp[], stop: () => Promise<void>}} Server
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
  /** Paths whose connection ends in the middle. @type {RegExp[]} */
  const cut = [];
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
    if (cut.some((pattern) => pattern.test(path))) return void sendHalf(response, readFileSync(file), headers);
    const packed = encoding === undefined ? "" : `${file}${ENDINGS[encoding]}`;
    const isPacked = packed !== "" && existsSync(packed);
    response.writeHead(200, {
      "content-type": TYPES[extname(file)] ?? "application/octet-stream",
      ...(isPacked ? { "content-encoding": encoding } : {}),
      ...headers,
    });
    createReadStream(isPacked ? packed : file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const stop = () => {
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
    stop: async () => void (await stop()),
  };
}

/** @param {import("node:http").ServerResponse} response @param {Uint8Array} bytes @param {Record<string, string>} headers */
function sendHalf(response, bytes, headers) {
  response.writeHead(200, { "content-length": bytes.length, ...headers });
  response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
}

/** @param {string} folder @param {string} prefix @param {string} path */
function fileOf(folder, prefix, path) {
  if (!path.startsWith(prefix)) return undefined;
  const inside = join(folder, normalize(`/${path.slice(prefix.length)}`));
  const file = existsSync(inside) && statSync(inside).isDirectory() ? join(inside, "index.html") : inside;
  return existsSync(file) ? file : undefined;
}
