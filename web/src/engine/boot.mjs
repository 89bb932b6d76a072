/**
 * Boots the site's Python. The page, the build and the tests do it with this code, so that all run the same.
 *
 * Python is not started: its memory is laid out as it was after a start at build time, with the standard library's
 * modules, NumPy and pysim imported. That is what Pyodide's `_loadSnapshot` is for, an option that no documentation promises
 * yet; `web/build/snapshot.mjs` makes the snapshot from the same Pyodide. Where pysim is not in that memory it is then
 * installed in the documented way.
 */

/**
 * @typedef {object} BootManifest all paths are relative to the site
 * @property {string} indexURL
 * @property {string} stdLibURL the rest of the standard library
 * @property {string} lockFileURL
 * @property {string} packageBaseUrl
 * @property {string[]} packages to be installed
 * @property {object} [info] a lock file's, where nothing is to be installed: then none is fetched
 * @property {Snapshot} snapshot
 */

/**
 * @typedef {object} Snapshot
 * @property {string} path
 * @property {string} head
 * @property {number} firstFree
 * @property {string} engine which one it was taken with
 * @property {number} linkBytes of its file, at the end: the collector's links that are made here
 * @property {number} texts the address of Python's type of texts, if their hashes are made here; else 0
 * @property {{name: string, path: string}[]} libraries
 */

/** @typedef {{path: string, folder: string}} LaterArchive what no first frame needs, and where it is laid out */

/** @typedef {{name: string, module: WebAssembly.Module}} Library a shared library under its path in Python's file system */

/**
 * @typedef {object} Site how the place of the files is read
 * @property {(path: string) => string} at what Pyodide is told of a path
 * @property {(path: string) => Promise<any>} load imports a module
 * @property {(path: string) => Promise<Uint8Array<ArrayBuffer>>} read
 * @property {(path: string) => Promise<WebAssembly.Module>} [compile] as it arrives; whole, once it is here, if this is left out
 * @property {Keep} [keep] takes note of every instance; all that it exports is seen if this is left out
 */

/** @typedef {(exports: any, imports: any) => any} Keep gives what others may see of an instance's exports */

/** Some thousand functions lie below; how many depends on the browser. */
const FIRST_LIBRARY_FUNCTION = 2 ** 14;
/** Room for all that is there from the start; more than Python begins with, less than a run soon takes. */
const MEMORY_BYTES = 40 * 2 ** 20;
/** What the interpreter, its script and the snapshot say of the engine that they are of: one hash, or that none was stated. */
export const ENGINE_SECTION = "pysim-engine";
export const NO_ENGINE = "0".repeat(64);
const CORE_IMPORT = "import _pyodide_core";
const HEADER_WORDS = 1;
const RUN_WORDS = 2;

/** What the start put into memory first: it has to be the same everywhere, whatever language the browser speaks. */
export const ENVIRONMENT = { LANG: "C.UTF-8", _: "python", PYTHONHASHSEED: "0" };

/**
 * @param {BootManifest} manifest
 * @param {Site} site
 * @returns {Promise<any>} Pyodide's API with the packages installed
 */
export async function boot(manifest, { at, load, read, compile = whole(read), keep }) {
  const { snapshot } = manifest;
  const changes = read(snapshot.path); // first: it is the largest
  changes.catch(() => {}); // reported where it is awaited
  const [loader, interpreter] = ["pyodide.mjs", "pyodide.asm.mjs"].map((name) => load(`${manifest.indexURL}${name}`));
  const { loadPyodide } = await loader;
  const createPyodideModule = async (/** @type {any} */ settings) => {
    // Once the interpreter is asked for: it is compiled longest, and a host may send only six files at a time.
    const libraries = Promise.all(
      snapshot.libraries.map(async ({ name, path }) => ({ name, module: await compile(path) })),
    );
    libraries.catch(() => {}); // reported where it is awaited
    const { default: create, engine = NO_ENGINE } = await interpreter;
    refuseOther(snapshot.engine, engine);
    const module = await new Promise((resolve, reject) => {
      compilingAnyhow(() => compile(`${manifest.indexURL}pyodide.asm.wasm`), reject);
      const received = (/** @type {WebAssembly.Module} */ module) => refuseOther(snapshot.engine, engineOf(module));
      create(withLibraries(settings, libraries, { received, failed: reject, keep })).then(resolve, reject);
    });
    if (firstFree(module) !== snapshot.firstFree) throw new Error("Python's memory is laid out in another way here");
    layMemoryOut(ofEngine(snapshot.engine, await changes), snapshot, module.HEAPU8);
    withoutImport(module.API);
    return module;
  };
  return loadPyodide({
    indexURL: at(manifest.indexURL),
    stdLibURL: at(manifest.stdLibURL),
    ...(manifest.info === undefined
      ? { lockFileURL: at(manifest.lockFileURL) }
      : { lockFileContents: { info: manifest.info, packages: {} } }),
    packageBaseUrl: at(manifest.packageBaseUrl),
    packages: manifest.packages,
    env: { ...ENVIRONMENT },
    createPyodideModule,
    _loadSnapshot: headOf(snapshot.head),
  });
}

/**
 * Pyodide imports its core at every start by a line of Python. Here it is imported, and nothing else in a start needs Python's
 * compiler, which is half of the functions that the browser would have to compile for it.
 * @param {{rawRun: (source: string) => [number, string]}} api
 */
function withoutImport(api) {
  const { rawRun } = api;
  api.rawRun = (source) => (source === CORE_IMPORT ? [0, ""] : rawRun(source));
}

/**
 * Where the interpreter cannot be compiled as it arrives (by an old browser; from a host that gives it another type; on a line
 * that breaks off) Pyodide would only log that and wait for ever: it is compiled in another way then.
 * @param {() => Promise<WebAssembly.Module>} compile
 * @param {(reason: unknown) => void} failed
 */
function compilingAnyhow(compile, failed) {
  const { instantiateStreaming } = WebAssembly;
  WebAssembly.instantiateStreaming = async (source, imports) => {
    WebAssembly.instantiateStreaming = instantiateStreaming;
    try {
      return await instantiateStreaming(source, imports);
    } catch {
      Promise.resolve(source).catch(() => {}); // it is asked for anew
    }
    try {
      const module = await compile();
      return { module, instance: await WebAssembly.instantiate(module, imports) };
    } catch (error) {
      failed(error); // nobody else would
      throw error;
    }
  };
}

/** @param {Site["read"]} read @returns {NonNullable<Site["compile"]>} */
const whole = (read) => async (path) => WebAssembly.compile(await read(path));

/**
 * Lays the second archive out where pysim is: from then on its modules can be imported and its tables read.
 * @param {any} pyodide
 * @param {LaterArchive} later
 * @param {Site["read"]} read
 */
export async function layOut(pyodide, { path, folder }, read) {
  pyodide.unpackArchive(await read(path), "zip", { extractDir: folder });
  pyodide.pyimport("importlib").invalidate_caches();
}

/**
 * Parts of two engines fit together in nothing.
 * @param {string} engine
 * @param {string} other
 */
function refuseOther(engine, other) {
  if (engine !== other) throw new Error("the host serves parts of two versions of the engine; load the page anew");
}

/** @param {WebAssembly.Module} module */
function engineOf(module) {
  const [content] = WebAssembly.Module.customSections(module, ENGINE_SECTION);
  return content === undefined ? NO_ENGINE : new TextDecoder().decode(content);
}

/** The changes of a snapshot, which come after the engine's hash. @param {string} engine @param {Uint8Array} bytes */
function ofEngine(engine, bytes) {
  refuseOther(engine, new TextDecoder().decode(bytes.subarray(0, NO_ENGINE.length)));
  return bytes.subarray(NO_ENGINE.length);
}

/**
 * Emscripten's settings with shared libraries that are loaded before Python starts: always in the same order, so that they
 * and their functions come to lie at the same addresses, and Python finds them loaded when it imports them.
 * @param {any} settings
 * @param {Promise<Library[]>} libraries
 * @param {object} listeners
 * @param {(module: WebAssembly.Module) => void} [listeners.received] of the interpreter; may refuse it
 * @param {(reason: unknown) => void} [listeners.failed]
 * @param {() => void} [listeners.loaded] once the libraries are
 * @param {Keep | undefined} [listeners.keep]
 */
export function withLibraries(settings, libraries, listeners) {
  const { received = () => {}, failed = () => {}, loaded = () => {}, keep = (exports) => exports } = listeners;
  const { instantiateWasm } = settings;
  /** @type {Library[]} */
  let compiled = [];
  settings.instantiateWasm = (/** @type {any} */ imports, /** @type {any} */ done) =>
    instantiateWasm(imports, async (/** @type {any} */ instance, /** @type {any} */ module) => {
      try {
        received(module);
        compiled = await libraries;
      } catch (error) {
        failed(error); // nobody else would: the script waits for `done`
        return;
      }
      done({ exports: keep(instance.exports, imports) }, module);
    });
  settings.onRuntimeInitialized = () => {
    settings.growMemory(MEMORY_BYTES);
    settings.wasmTable.grow(FIRST_LIBRARY_FUNCTION - settings.wasmTable.length);
    for (const { name, module } of compiled) {
      const flags = { loadAsync: false, global: false, nodelete: true, allowUndefined: false };
      settings.preloadedWasm[name] = keeping(keep, () => settings.loadWebAssemblyModule(module, flags, name, {}));
      settings.loadDynamicLibrary(name, flags, {});
    }
    loaded();
  };
  return settings;
}

/**
 * What `load` gives; of an instance that it makes it sees what `keep` gives. Emscripten asks nobody before it makes one.
 * @template T
 * @param {Keep} keep
 * @param {() => T} load
 */
function keeping(keep, load) {
  const { Instance } = WebAssembly;
  WebAssembly.Instance = new Proxy(Instance, {
    construct: (_, [module, imports]) => ({ exports: keep(new Instance(module, imports).exports, imports) }),
  });
  try {
    return load();
  } finally {
    WebAssembly.Instance = Instance;
  }
}

/** Where the next piece of memory would come from: differs if anything before lies elsewhere. @param {any} module */
export function firstFree(module) {
  const address = module._malloc(1);
  module._free(address);
  return address;
}

/** Pyodide's own snapshot without the memory: what it is for, and the JavaScript objects that Python knows. @param {string} base64 */
const headOf = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

/**
 * @param {Uint8Array} bytes changes, then links
 * @param {Pick<Snapshot, "linkBytes" | "texts">} snapshot
 * @param {Uint8Array} memory
 */
function layMemoryOut(bytes, { linkBytes, texts }, memory) {
  const end = apply(bytes, memory);
  const words = new Uint32Array(memory.buffer, 0, Math.ceil(end / WORD_BYTES)); // what lies behind was never touched
  if (linkBytes > 0) relink(placesIn(bytes.subarray(-linkBytes)), words);
  if (texts > 0) hashTexts(words, memory, texts);
}

/** Stands in the snapshot where the hash of a text belongs that is made here. */
export const HASH_LATER = 0x5aa5c33c;
/**
 * As CPython 3.14 lays out a text in ASCII, in words behind that of its type: length, hash, state, letters, a zero
 * (Include/cpython/unicodeobject.h).
 */
export const [LENGTH, HASH, STATE, LETTERS] = [1, 2, 3, 4];

/**
 * Makes the hashes of texts that have none yet.
 * @param {Uint32Array} words the memory
 * @param {Uint8Array} bytes the same
 * @param {number} type the address of theirs
 */
export function hashTexts(words, bytes, type) {
  for (let at = words.indexOf(HASH_LATER); at >= 0; at = words.indexOf(HASH_LATER, at + 1)) {
    const place = at - HASH;
    if (words[place] === type) words[at] = hashOf(words, bytes, place);
  }
}

const [MULTIPLIER, FIRST_SHIFT] = [1_000_003, 7];

/**
 * CPython's hash of a text (Python/pyhash.c: Fowler, Noll and Vo's, by whole words as long as there are some), with the seed 0.
 * @param {Uint32Array} words @param {Uint8Array} bytes @param {number} place
 */
export function hashOf(words, bytes, place) {
  const length = words[place + LENGTH] ?? 0;
  if (length === 0) return 0;
  const first = place + LETTERS;
  const whole = Math.ceil(length / WORD_BYTES) - 1;
  let hash = (bytes[first * WORD_BYTES] ?? 0) << FIRST_SHIFT;
  for (let word = first; word < first + whole; word += 1) hash = Math.imul(hash, MULTIPLIER) ^ (words[word] ?? 0);
  const end = first * WORD_BYTES + length;
  for (let at = (first + whole) * WORD_BYTES; at < end; at += 1) hash = Math.imul(hash, MULTIPLIER) ^ (bytes[at] ?? 0);
  return (hash ^ length) >>> 0;
}

/**
 * The collector of CPython knows its objects by two words before each: the next one and the one before, a ring. Their lowest bits
 * are its notes.
 */
export const LINK_FLAGS = 3;
/** They lie at multiples of this. */
export const WORD_BYTES = 4;

/**
 * Makes a ring of the places in their order.
 * @param {ArrayLike<number>} places
 * @param {Uint32Array} words the memory
 */
export function relink(places, words) {
  let before = places[places.length - 1] ?? 0;
  for (let index = 0; index < places.length; index += 1) {
    const place = places[index] ?? 0;
    const next = places[index + 1] ?? places[0] ?? 0;
    const word = place / WORD_BYTES;
    words[word] = next | ((words[word] ?? 0) & LINK_FLAGS);
    words[word + 1] = before | ((words[word + 1] ?? 0) & LINK_FLAGS);
    before = place;
  }
}

/** How many there are, then the step from each to the next, in numbers of seven bits a byte. @param {Uint8Array} bytes */
export function placesIn(bytes) {
  let at = 0;
  const number = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at] ?? 0;
      at += 1;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const places = new Uint32Array(number());
  for (let index = 0, place = 0; index < places.length; index += 1) {
    place += number() * WORD_BYTES;
    places[index] = place;
  }
  return places;
}

/**
 * Writes the changes into a memory that is as it was before Python's start. They are little-endian words: the number of
 * runs, each run's offset and length in bytes, then the runs' bytes one after the other.
 * @param {Uint8Array} changes
 * @param {Uint8Array} memory
 * @returns {number} where the last of them ends
 */
export function apply(changes, memory) {
  const words = new Uint32Array(changes.buffer, changes.byteOffset, HEADER_WORDS);
  const count = words[0] ?? 0;
  const runs = new Uint32Array(changes.buffer, changes.byteOffset, HEADER_WORDS + count * RUN_WORDS);
  let place = runs.byteLength;
  let end = 0;
  for (let run = HEADER_WORDS; run < runs.length; run += RUN_WORDS) {
    const offset = runs[run] ?? 0;
    const length = runs[run + 1] ?? 0;
    memory.set(changes.subarray(place, place + length), offset);
    place += length;
    end = offset + length;
  }
  return end;
}
