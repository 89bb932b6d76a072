/** What the worker and the page's thread have in common: boot, report progress, then hand messages to a conductor, in order. */

import { Conductor } from "./conductor";
import { describe } from "./failure";
import { SiteFiles } from "./files";
import { Halves } from "./halves.mjs";
import { Inbox } from "./inbox";
import { Later } from "./later";
import { engineManifest } from "./manifest";
import { missingFile } from "./missing";
import { Progress } from "./progress";
import type { FromEngine, ToEngine } from "./protocol";
import { bootPython, type Python } from "./python";
import { isUnforeseen } from "./unforeseen";

export class Host {
  readonly #send: (message: FromEngine) => void;
  readonly #sliceMilliseconds: number | undefined;
  #halves: Halves | null = null;
  #inbox: Inbox | null = null;
  #waiting: ToEngine[] = [];

  constructor(send: (message: FromEngine) => void, sliceMilliseconds?: number) {
    this.#send = send;
    this.#sliceMilliseconds = sliceMilliseconds;
    send({ type: "alive" });
  }

  receive(message: ToEngine): void {
    if (this.#inbox !== null) this.#inbox.receive(message);
    else {
      this.#waiting.push(message);
      if (isUnforeseen(message)) this.#halves?.prepare().catch(() => {}); // whoever needs it asks again
    }
  }

  /** Boots from the site's files. @param base where the site is */
  async boot(base: string): Promise<void> {
    const progress = new Progress(base, (report) => this.#send({ type: "progress", ...report }));
    const files = new SiteFiles(base, progress);
    const halves = new Halves(engineManifest.cold, files.once);
    this.#halves = halves;
    try {
      const python = await Promise.race([
        bootPython(files, halves, progress, this.#sliceMilliseconds === undefined),
        missingFile(base, (path) => files.isAsked(path)),
      ]);
      this.#inbox = this.#inboxFor(python, halves);
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

  #inboxFor({ core, layOutLater }: Python, halves: Halves): Inbox {
    const send = this.#send;
    const slices = this.#sliceMilliseconds === undefined ? {} : { sliceMilliseconds: this.#sliceMilliseconds };
    const conductor = new Conductor(core, { send, ...slices });
    const half = halves.isHere ? undefined : new Later(() => halves.load());
    const bytes = engineManifest.later.bytes + (engineManifest.cold?.bytes ?? 0);
    return new Inbox({ conductor, half, later: new Later(layOutLater), bytes, send });
  }
}
