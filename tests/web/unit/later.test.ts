// The second archive: fetched once, whoever asks, anew where it could not be had, and messages that need it wait in order.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Inbox } from "../../../web/src/engine/inbox";
import { Later } from "../../../web/src/engine/later";
import type { FromEngine, ToEngine } from "../../../web/src/engine/protocol";
import type { CommandName } from "../../../web/src/generated/protocol";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const SENTENCE = "a part of the simulator could not be loaded (the host answers 404 for engine/later.zip)";
const refused = new Error("the host answers 404 for engine/later.zip");
const python = (type: string): Error => Object.assign(new Error(`Traceback\n${type}: it`), { type });

/** A host whose answers a test gives. */
function makeLater() {
  const asked: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const later = new Later(() => new Promise<void>((resolve, reject) => void asked.push({ resolve, reject })));
  const answer = async (error?: Error): Promise<void> => {
    const last = asked.at(-1);
    if (error === undefined) last?.resolve();
    else last?.reject(error);
    await vi.runAllTimersAsync();
  };
  return { asked, later, answer };
}

describe("the second archive", () => {
  it("is fetched once, whoever asks", async () => {
    const { asked, later, answer } = makeLater();
    const both = [later.load(), later.load()];
    await answer();
    await Promise.all(both);
    await later.load();
    expect(asked).toHaveLength(1);
  });

  it("is tried a few times, then refused in one sentence, and fetched anew when it is next asked for", async () => {
    const { asked, later, answer } = makeLater();
    const refusal = later.load().catch((error: Error) => error.message);
    for (let tries = 0; tries < 3; tries += 1) await answer(refused);
    expect(await refusal).toBe(SENTENCE);
    expect(asked).toHaveLength(3);
    const again = later.load();
    await answer();
    await again;
  });

  it("mends what Python misses, until it is there", async () => {
    const { later, answer } = makeLater();
    expect(later.mends(python("ModuleNotFoundError"))).toBe(true);
    expect(later.mends(python("FileNotFoundError"))).toBe(true);
    expect(later.mends(python("KeyError"))).toBe(false);
    expect(later.mends("a word")).toBe(false);
    const loaded = later.load();
    await answer();
    await loaded;
    expect(later.mends(python("ModuleNotFoundError"))).toBe(false);
  });
});

describe("the engine's second half", () => {
  const open = (query: string): ToEngine => ({ type: "open", id: 1, query, columns: 80, rows: 24 });
  const command = (name: CommandName): ToEngine => ({ type: "command", name, argument: "" });
  const ask: ToEngine = { type: "ask", id: 1, question: "explain", argument: "" };

  function makeHalf() {
    const { asked, later: half, answer } = makeLater();
    const done: string[] = [];
    const sent: FromEngine[] = [];
    const conductor = {
      receive: (message: ToEngine): void => void done.push(message.type),
      doWithout: (message: ToEngine, why: string): void => void done.push(`${message.type} without: ${why}`),
    };
    const later = new Later(() => Promise.resolve());
    const inbox = new Inbox({ conductor, half, later, bytes: 500, send: (message) => void sent.push(message) });
    return { asked, answer, done, sent, inbox };
  }

  it("is not waited for by the page's own shows and the controls of their time", () => {
    const { inbox, done, asked } = makeHalf();
    const foreseen = [open(""), open("preset=classic"), command("pause"), command("seek-fraction"), command("resize")];
    for (const message of foreseen) inbox.receive(message);
    expect(done).toHaveLength(foreseen.length);
    expect(asked).toHaveLength(0);
  });

  for (const message of [
    open("model=llama3-8b"),
    open("preset=none-such"),
    open("preset=classic&seed=3"),
    command("inject"),
    command("view"),
    command("goto"),
    ask,
  ]) {
    it(`is waited for by what nobody could foresee: ${JSON.stringify(message)}`, async () => {
      const { inbox, done, asked, answer } = makeHalf();
      inbox.receive(message);
      inbox.receive(command("pause"));
      expect(done).toEqual([]);
      expect(asked).toHaveLength(1);
      await answer();
      expect(done).toEqual([message.type, "command"]);
      inbox.receive(message);
      expect(done).toHaveLength(3);
      expect(asked).toHaveLength(1);
    });
  }

  it("comes once a run plays, and a show goes on where it cannot be had", async () => {
    const { inbox, done, asked, answer } = makeHalf();
    inbox.receive({ type: "go" });
    expect(asked).toHaveLength(1);
    for (let tries = 0; tries < 3; tries += 1) await answer(refused);
    inbox.receive(command("pause"));
    inbox.receive(ask);
    for (let tries = 0; tries < 3; tries += 1) await answer(refused);
    expect(done).toEqual(["go", "command", `ask without: ${SENTENCE}`]);
  });
});

describe("messages to the engine", () => {
  const open: ToEngine = { type: "open", id: 1, query: "view=events", columns: 80, rows: 24 };
  const view: ToEngine = { type: "command", name: "view", argument: "events" };

  function makeInbox(missing: ToEngine[], mistaken: ToEngine[] = []) {
    const { asked, later, answer } = makeLater();
    const done: string[] = [];
    const sent: FromEngine[] = [];
    let isThere = false;
    const conductor = {
      receive: (message: ToEngine): void => {
        if (missing.includes(message) && !isThere) throw python("ModuleNotFoundError");
        if (mistaken.includes(message)) throw python("KeyError");
        done.push(message.type);
      },
      doWithout: (message: ToEngine, why: string): void => void done.push(`${message.type} without: ${why}`),
    };
    const inbox = new Inbox({ conductor, later, bytes: 500, send: (message) => void sent.push(message) });
    const arrive = (): Promise<void> => {
      isThere = true;
      return answer();
    };
    return { inbox, asked, done, sent, answer, arrive };
  }

  it("are obeyed at once where nothing is missing", () => {
    const { inbox, done, asked } = makeInbox([]);
    for (const message of [open, view]) inbox.receive(message);
    expect(done).toEqual(["open", "command"]);
    expect(asked).toHaveLength(0);
  });

  it("wait behind the one that needs the archive, in their order", async () => {
    const { inbox, done, sent, arrive } = makeInbox([open, view]);
    for (const message of [open, { type: "advance", showSeconds: 1 } as const, view]) inbox.receive(message);
    expect(done).toEqual([]);
    expect(sent).toEqual([{ type: "progress", stage: "what this run needs", loadedBytes: 0, totalBytes: 500 }]);
    await arrive();
    expect(done).toEqual(["open", "advance", "command"]);
  });

  it("go on without it where it cannot be had", async () => {
    const { inbox, done, answer } = makeInbox([view]);
    inbox.receive(view);
    inbox.receive({ type: "rest", resting: true });
    for (let tries = 0; tries < 3; tries += 1) await answer(refused);
    expect(done).toEqual([`command without: ${SENTENCE}`, "rest"]);
  });

  it("have it fetched once a run plays, and say nothing if that fails", async () => {
    const { inbox, asked, done, sent, answer } = makeInbox([]);
    inbox.receive({ type: "go" });
    expect(asked).toHaveLength(1);
    for (let tries = 0; tries < 3; tries += 1) await answer(refused);
    expect(done).toEqual(["go"]);
    expect(sent).toEqual([]);
  });

  it("tell of any other mistake", async () => {
    const { inbox, asked, sent, arrive } = makeInbox([open], [open, view]);
    inbox.receive(view);
    expect(asked).toHaveLength(0);
    inbox.receive(open);
    await arrive();
    const failed = { type: "failed", message: "KeyError: it", isOver: false };
    expect(sent.filter(({ type }) => type === "failed")).toEqual([failed, failed]);
  });
});
