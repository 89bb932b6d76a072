/**
 * The cold halves of the engine's modules (web/build/split): fetched in the background, or at once by whoever calls a cold
 * function before they are here. Without them every hot function runs as it does in the whole.
 */

/**
 * @typedef {object} ColdHalves all in one file, one after the other, in the order in which their hot halves are instantiated
 * @property {string} path
 * @property {number} bytes of the file
 * @property {number[]} lengths
 */

/**
 * @typedef {object} Reading
 * @property {(path: string) => Promise<Uint8Array<ArrayBuffer>>} read
 * @property {(path: string) => Uint8Array<ArrayBuffer>} readNow while the thread waits
 */
/** @typedef {Record<string, any>} Names what a module imports or exports */

/** As web/build/split/halves.mjs writes it. */
const HOT = "hot";
const PRIVATE = "$";
const TABLE = /^\$[0-9a-z]+:cold$/;
const ASK = 0;
const NONE = { path: "", lengths: [] };
const OTHER_VERSION = "the engine's halves are not of one version; load the page anew";
/** A line may be gone for a moment; whoever waits for it can wait for no more than that. */
const TRIES_NOW = 2;
/** A module that gives out the function that it is given as one of WebAssembly, which a table takes: `b` of `a` is `f`. */
const ADAPTER = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0],
  ...[1, 4, 1, 96, 0, 0],
  ...[2, 7, 1, 1, 97, 1, 98, 0, 0],
  ...[7, 5, 1, 1, 102, 0, 0],
);

/**
 * A cold function was called and cannot be had: Python stands in the middle of something that it can neither finish nor leave, so
 * nothing can be asked of it any more.
 */
export class Stranded extends Error {}

export class Halves {
  /** @type {ColdHalves | undefined} */
  #cold;
  #reading;
  /** @type {{exports: Names, imports: Names}[]} */
  #hot = [];
  #isHere;
  /** @type {Promise<void> | null} */
  #coming = null;
  /** @type {WebAssembly.Module[] | null} */
  #compiled = null;
  /** How often a cold function was called before it was here. */
  asked = 0;

  /** @param {ColdHalves | undefined} cold nothing where the modules are whole @param {Reading} reading */
  constructor(cold, reading) {
    this.#cold = cold;
    this.#reading = reading;
    this.#isHere = cold === undefined;
  }

  /** Whether nothing is missing. */
  get isHere() {
    return this.#isHere;
  }

  /**
   * Takes note of an instance; gives what others may see of it.
   * @param {Names} exports
   * @param {Names} imports
   */
  keep(exports, imports) {
    const table = Object.keys(exports).find((name) => TABLE.test(name));
    if (table === undefined) return publicOf(exports);
    this.#hot.push({ exports, imports });
    const { f } = instance(new WebAssembly.Module(ADAPTER), { a: { b: () => this.#askedFor() } }).exports;
    exports[table].set(ASK, f);
    return publicOf(exports);
  }

  /** In the background. */
  async load() {
    if (this.#isHere) return;
    await this.prepare();
    this.#put();
  }

  /** Fetches and compiles them, so that nobody has to wait who calls for them. */
  async prepare() {
    if (this.#isHere || this.#compiled !== null) return;
    this.#coming ??= this.#prepared().finally(() => {
      this.#coming = null;
    });
    await this.#coming;
  }

  async #prepared() {
    const { path, lengths } = this.#cold ?? NONE;
    const parts = divided(await this.#reading.read(path), lengths);
    const compiled = await Promise.all(parts.map((part) => WebAssembly.compile(part)));
    if (!this.#isHere) this.#compiled = compiled; // else they were called for meanwhile
  }

  #askedFor() {
    this.asked += 1;
    try {
      this.loadNow();
    } catch (error) {
      throw new Stranded(`a part of the simulator could not be loaded (${wordsOf(error)})`);
    }
  }

  /** While the thread waits. */
  loadNow() {
    if (this.#isHere) return;
    const { path, lengths } = this.#cold ?? NONE;
    this.#compiled ??= divided(this.#readNow(path), lengths).map((part) => new WebAssembly.Module(part));
    this.#put();
  }

  /** @param {string} path */
  #readNow(path) {
    for (let tries = 1; tries < TRIES_NOW; tries += 1) {
      try {
        return this.#reading.readNow(path);
      } catch {}
    }
    return this.#reading.readNow(path);
  }

  #put() {
    if (this.#isHere) return; // they were called for meanwhile
    const modules = this.#compiled ?? [];
    this.#compiled = null; // what does not fit is fetched anew
    if (modules.length !== this.#hot.length) throw new Error(OTHER_VERSION);
    this.#hot.forEach(({ exports, imports }, index) => {
      const module = /** @type {WebAssembly.Module} */ (modules[index]);
      joined(module, { ...imports, [HOT]: exports });
    });
    this.#isHere = true;
    this.#hot = [];
  }
}

/** @param {WebAssembly.Module} module @param {Names} imports */
const instance = (module, imports) => /** @type {{exports: Names}} */ (new WebAssembly.Instance(module, imports));

/** A half of another version names what this one has not. @param {WebAssembly.Module} module @param {Names} imports */
function joined(module, imports) {
  try {
    instance(module, imports);
  } catch (error) {
    throw error instanceof WebAssembly.LinkError ? new Error(OTHER_VERSION) : error;
  }
}

const wordsOf = (/** @type {unknown} */ error) => (error instanceof Error ? error.message : String(error));

/** What others may see. @param {Names} exports @returns {Names} */
export function publicOf(exports) {
  const names = Object.entries(exports);
  return names.some(([name]) => name.startsWith(PRIVATE))
    ? Object.fromEntries(names.filter(([name]) => !name.startsWith(PRIVATE)))
    : exports;
}

/** @param {Uint8Array<ArrayBuffer>} bytes @param {number[]} lengths */
function divided(bytes, lengths) {
  if (bytes.length !== lengths.reduce((sum, length) => sum + length, 0))
    throw new Error("the engine's second half came incomplete");
  let from = 0;
  return lengths.map((length) => {
    from += length;
    return bytes.subarray(from - length, from);
  });
}

/** Fetches while the thread waits, as only workers may. @param {string} url */
export function fetchNow(url) {
  const request = new XMLHttpRequest();
  request.open("GET", url, false);
  request.responseType = "arraybuffer";
  request.send();
  if (request.status < 200 || request.status > 299) throw new Error(`the host answers ${request.status} for ${url}`);
  return new Uint8Array(/** @type {ArrayBuffer} */ (request.response));
}
