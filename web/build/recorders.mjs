// Records shows in as many threads as there are processors: each has an interpreter of its own, from the files of a built engine,
// and takes the next show when it is done with one. What is recorded does not depend on who records it.

import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { wholeInterpreter } from "./interpreter.mjs";

/** @typedef {{folder: string, manifest: any}} Engine where a built one lies */
/** @typedef {{query: string, columns: number, rows: number, seconds: number, framesPerSecond: number}} Wish */

const MOST = 4; // each takes a hundred megabytes

export class Recorders {
  #engine;
  /** @type {Worker[]} */
  #threads = [];
  /** @type {Worker[]} */
  #idle = [];
  /** @type {{wish: Wish, resolve: (recorded: string) => void, reject: (error: unknown) => void}[]} */
  #waiting = [];

  /** @param {Engine} engine */
  constructor(engine) {
    this.#engine = engine;
  }

  /** A `Recorded`, as JSON. @param {Wish} wish @returns {Promise<string>} */
  record(wish) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ wish, resolve, reject });
      this.#next();
    });
  }

  async close() {
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }

  #next() {
    if (this.#waiting.length === 0) return;
    const thread = this.#idle.pop() ?? this.#another();
    const next = thread && this.#waiting.shift();
    if (!thread || !next) return;
    thread.once("error", next.reject); // it has ended, and the build with it
    thread.once("message", (recorded) => {
      thread.removeListener("error", next.reject);
      next.resolve(recorded);
      this.#idle.push(thread);
      this.#next();
    });
    thread.postMessage(next.wish);
  }

  #another() {
    if (this.#threads.length >= Math.min(availableParallelism(), MOST)) return undefined;
    const thread = new Worker(fileURLToPath(import.meta.url), { workerData: this.#engine });
    this.#threads.push(thread);
    return thread;
  }
}

/** @param {Engine} engine @param {import("node:worker_threads").MessagePort} port */
async function recordFor({ folder, manifest }, port) {
  const starting = wholeInterpreter(folder, manifest);
  port.on("message", async (/** @type {Wish} */ { query, columns, rows, seconds, framesPerSecond }) => {
    const beforehand = (await starting).pyimport("pysim.edge.beforehand");
    port.postMessage(beforehand.prologue(query, columns, rows, seconds, framesPerSecond));
  });
}

if (!isMainThread && parentPort !== null && workerData?.manifest) await recordFor(workerData, parentPort);
