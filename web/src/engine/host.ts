/** What the worker and the page's thread have in common: boot, report progress, then hand messages to a conductor. */

import { Conductor } from "./conductor";
import { describe } from "./failure";
import { missingFile } from "./missing";
import { Progress } from "./progress";
import type { FromEngine, ToEngine } from "./protocol";
import { bootPython } from "./python";

export class Host {
  readonly #send: (message: FromEngine) => void;
  readonly #sliceMilliseconds: number | undefined;
  #conductor: Conductor | null = null;
  #waiting: ToEngine[] = [];

  constructor(send: (message: FromEngine) => void, sliceMilliseconds?: number) {
    this.#send = send;
    this.#sliceMilliseconds = sliceMilliseconds;
    send({ type: "alive" });
  }

  receive(message: ToEngine): void {
    if (this.#conductor === null) this.#waiting.push(message);
    else this.#guard(() => this.#conductor?.receive(message));
  }

  /** Boots from the site's files. @param base where the site is */
  async boot(base: string): Promise<void> {
    const progress = new Progress(base, (report) => this.#send({ type: "progress", ...report }));
    try {
      const python = await Promise.race([bootPython(base, progress), missingFile(base)]);
      this.#conductor = new Conductor(python, {
        send: this.#send,
        ...(this.#sliceMilliseconds === undefined ? {} : { sliceMilliseconds: this.#sliceMilliseconds }),
      });
    } catch (error) {
      this.#send({ type: "failed", message: describe(error), isOver: true });
      return;
    } finally {
      progress.close();
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const message of waiting) this.receive(message);
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#send({ type: "failed", message: describe(error), isOver: false });
    }
  }
}
