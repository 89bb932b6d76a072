/** The page's end of the protocol: starts the engine where it can run and passes messages. */

import { type FromEngine, type Question, readFromEngine, type ToEngine } from "./protocol";

type Listener = (message: FromEngine) => void;

export class EngineClient {
  #post: ((message: ToEngine) => void) | null = null;
  #queue: ToEngine[] = [];
  #listeners: Listener[] = [];
  #early: FromEngine[] = [];
  #alive = false;
  #answers = new Map<number, (text: string) => void>();
  #questions = 0;
  #worker: Worker | null = null;
  /** Where the engine runs, for tests and the curious. */
  place: "worker" | "page" = "worker";

  constructor() {
    this.#startWorker();
  }

  send(message: ToEngine): void {
    if (this.#post === null) this.#queue.push(message);
    else this.#post(message);
  }

  listen(listener: Listener): void {
    this.#listeners.push(listener);
    for (const message of this.#early.splice(0)) listener(message);
  }

  ask(question: Question, argument = ""): Promise<string> {
    this.#questions += 1;
    const id = this.#questions;
    return new Promise((resolve) => {
      this.#answers.set(id, resolve);
      this.send({ type: "ask", id, question, argument });
    });
  }

  #startWorker(): void {
    try {
      const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "pysim" });
      worker.addEventListener("message", (event: MessageEvent<unknown>) => this.#receive(readFromEngine(event.data)));
      worker.addEventListener("error", (event) => this.#workerFailed(event));
      this.#worker = worker;
    } catch {
      void this.#startOnPage();
    }
  }

  #workerFailed(event: ErrorEvent): void {
    if (this.#alive) this.#receive({ type: "failed", message: event.message || "the worker stopped", isOver: true });
    else void this.#startOnPage();
  }

  #receive(message: FromEngine): void {
    if (message.type === "alive") this.#becomeAlive();
    else if (message.type === "answer") this.#answer(message.id, message.text);
    else if (this.#listeners.length === 0) this.#early.push(message);
    else for (const listener of this.#listeners) listener(message);
  }

  #answer(id: number, text: string): void {
    this.#answers.get(id)?.(text);
    this.#answers.delete(id);
  }

  #becomeAlive(): void {
    this.#alive = true;
    const worker = this.#worker;
    if (worker !== null) this.#open((message) => worker.postMessage(message));
  }

  async #startOnPage(): Promise<void> {
    this.#worker?.terminate();
    this.#worker = null;
    this.place = "page";
    const { startOnMainThread } = await import("./main-thread");
    this.#open(startOnMainThread((message) => this.#receive(message)));
  }

  #open(post: (message: ToEngine) => void): void {
    this.#post = post;
    for (const message of this.#queue.splice(0)) post(message);
  }
}
