// Files as contents with hashes: everything that is made is kept under the hash of what it was made from.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CACHE_FOLDER } from "./paths.mjs";

/** Characters of a hash in a file name: 48 bits, plenty for the few files of a site. */
const NAME_LENGTH = 12;

/** @param {...(string | Uint8Array)} parts */
export function sha256(...parts) {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest("hex");
}

/** The hash of one file's bytes, as lock files and integrity attributes state it. @param {Uint8Array} bytes */
export const fileHash = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** @param {Uint8Array} bytes */
export const integrity = (bytes) => `sha256-${createHash("sha256").update(bytes).digest("base64")}`;

/** @param {string} hash */
export const short = (hash) => hash.slice(0, NAME_LENGTH);

/** @param {string} path @param {string | Uint8Array} content */
export function write(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** Reads a file as the plain byte array that Pyodide takes. @param {string} path */
export const bytesOf = (path) => new Uint8Array(readFileSync(path));

/**
 * All files of a folder by their path in it, sorted.
 * @param {string} folder
 * @param {(path: string) => boolean} keep
 * @returns {Map<string, Uint8Array>}
 */
export function tree(folder, keep = () => true) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) =>
    join(entry.parentPath, entry.name)
      .slice(folder.length)
      .replace(/^[\\/]/, ""),
  );
  const names = paths
    .map((path) => path.replaceAll("\\", "/"))
    .filter(keep)
    .sort();
  return new Map(names.map((name) => [name, bytesOf(join(folder, name))]));
}

/** @param {Map<string, Uint8Array>} files */
export const treeHash = (files) => sha256(...[...files].flat());

/**
 * The bytes that `make` made from these inputs, now or in an earlier build.
 * @param {string} label what it is, for the file's name in the cache
 * @param {(string | Uint8Array)[]} inputs everything that decides the result
 * @param {() => Uint8Array | Promise<Uint8Array>} make
 */
export async function remembered(label, inputs, make) {
  const path = join(CACHE_FOLDER, `${label}-${short(sha256(...inputs))}`);
  if (existsSync(path)) return bytesOf(path);
  const made = await make();
  write(`${path}.${process.pid}`, made);
  renameSync(`${path}.${process.pid}`, path);
  return made;
}

/** @param {unknown} value */
export const json = (value) => new TextEncoder().encode(`${JSON.stringify(value)}\n`);

/** @param {Uint8Array} bytes */
export const parse = (bytes) => JSON.parse(new TextDecoder().decode(bytes));
