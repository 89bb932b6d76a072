// The conductor: it gives a session the time that has passed, sends its text, and obeys between frames.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Conductor } from "../../../web/src/engine/conductor";
import { Stranded } from "../../../web/src/engine/halves.mjs";
import type { FromEngine, ToEngine } from "../../../web/src/engine/protocol";
import type { News, Session, State, Work } from "../../../web/src/generated/protocol";
import { engineState } from "./helpers/stage";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const NEWS: News = {
  run_seconds: 7,
  kind: "recovered",
  number: 1,
  cause: "gpu-error",
  title: "a fault",
  place: "node1",
  step: 5,
  lost_seconds: 60,
  steps_redone: 2,
  validation_loss: null,
  values: { loss: 2.5, learning_rate: 3e-4, grad_norm: 0.4, tokens_per_second: 1e6, goodput: 0.9 },
};

/** A core that says what it was asked. */
class FakeSession implements Session {
  readonly problems = '[{"option": "seed", "value": "x", "message": "is odd"}]';
  readonly asked: string[] = [];
  said: Partial<State> = {};
  destroyed = false;
  text = "text";

  frame(seconds: number): string {
    this.asked.push(`frame ${seconds.toFixed(3)}`);
    return this.text;
  }
  framing(seconds: number): Work {
    return this.#work(() => this.frame(seconds));
  }
  command(name: string, argument: string): string {
    this.asked.push(`command ${name} ${argument}`.trimEnd());
    return "";
  }
  state(): string {
    return JSON.stringify(engineState(this.said));
  }
  story(): string {
    return '{"chapters": [], "marks": [], "passages": [], "curve": []}';
  }
  telling_story(): Work {
    return this.#work(() => this.story());
  }
  asciicast(): string {
    return "a recording";
  }
  log(): string {
    return "a log";
  }
  weighing(): string {
    return '{"suggestions": [], "runs": [], "blocks": []}';
  }
  offers(): string {
    return '{"calls": [], "choices": []}';
  }
  score(): string {
    return "null";
  }
  curve(asked: string): string {
    return `curve ${asked}`;
  }
  events(asked: string): string {
    return `events ${asked}`;
  }
  places(asked: string): string {
    return `places ${asked}`;
  }
  refusal = "";
  explain(wish: string): string {
    return JSON.stringify({ wish });
  }
  meaning(words: string): string {
    return `means ${words}`;
  }
  reading(cell: string): string {
    return `at ${cell}`;
  }
  possible(typed: string): string {
    return `[${typed}]`;
  }
  newsText = "[]";
  news(): string {
    const told = this.newsText;
    this.newsText = "[]";
    return told;
  }
  destroy(): void {
    this.destroyed = true;
  }

  /** Three bits of a millisecond, then the result. */
  #work(result: () => string): Work {
    let bits = 0;
    return {
      next: () => {
        vi.setSystemTime(Date.now() + 1);
        bits += 1;
        return bits < 3 ? {} : { done: true, value: result() };
      },
    };
  }
}

function makeConductor(sliceMilliseconds?: number) {
  const sessions: FakeSession[] = [];
  const opened: string[] = [];
  const sent: FromEngine[] = [];
  const python = {
    open_show: (query: string, columns: number, rows: number) => {
      opened.push(`${query} ${columns}x${rows}`);
      sessions.push(new FakeSession());
      return sessions.at(-1) as FakeSession;
    },
  };
  const conductor = new Conductor(python, {
    send: (message) => void sent.push(message),
    now: () => (sliceMilliseconds === undefined ? performance.now() : Date.now()),
    ...(sliceMilliseconds === undefined ? {} : { sliceMilliseconds }),
  });
  const tell = (...messages: ToEngine[]): void => {
    for (const message of messages) conductor.receive(message);
  };
  tell({ type: "open", id: 1, query: "seed=x", columns: 80, rows: 24 });
  const session = sessions[0] as FakeSession;
  const kinds = (type: FromEngine["type"]) => sent.filter((message) => message.type === type);
  return { conductor, opened, sent, session, sessions, tell, kinds };
}

const pass = (milliseconds: number): void => void vi.advanceTimersByTime(milliseconds);

describe("a conductor", () => {
  it("opens a run, says what was refused, and holds it", () => {
    const { opened, sent, session } = makeConductor();
    expect(opened).toEqual(["seed=x 80x24"]);
    expect(sent).toEqual([
      { type: "opened", id: 1, problems: [{ option: "seed", value: "x", message: "is odd" }], state: engineState() },
    ]);
    pass(1000);
    expect(session.asked).toEqual([]);
  });

  it("gives frames the time that has passed, thirty a second", () => {
    const { tell, session, kinds } = makeConductor();
    tell({ type: "go" });
    pass(0);
    pass(33);
    tell({ type: "written", characters: 4 });
    pass(33);
    expect(session.asked.filter((name) => name.startsWith("frame"))).toEqual([
      "frame 0.000",
      "frame 0.033",
      "frame 0.033",
    ]);
    expect(kinds("text").length).toBe(3);
  });

  it("goes to a moment in silence", () => {
    const { tell, session, kinds } = makeConductor();
    tell({ type: "advance", showSeconds: 3 });
    expect(session.asked).toEqual(["frame 0.000", "frame 3.000"]);
    expect(kinds("text")).toEqual([]);
    expect(kinds("advanced")).toEqual([{ type: "advanced", showSeconds: 3, state: engineState() }]);
  });

  it("makes no more text while ten are under way, and then covers what was left out, a second at most", () => {
    const { tell, session, kinds } = makeConductor();
    tell({ type: "go" });
    pass(3000);
    expect(kinds("text").length).toBe(10);
    session.asked.length = 0;
    for (let write = 0; write < 6; write += 1) tell({ type: "written", characters: 4 });
    pass(33);
    expect(session.asked).toEqual(["frame 1.000"]);
  });

  it("stands still while nobody looks, and plays nothing of it afterwards", () => {
    const { tell, session } = makeConductor();
    tell({ type: "go" });
    pass(0);
    session.asked.length = 0;
    tell({ type: "rest", resting: true });
    pass(60_000);
    expect(session.asked).toEqual([]);
    tell({ type: "rest", resting: false });
    pass(33);
    expect(session.asked).toEqual(["frame 0.000", "frame 0.033"]);
  });

  it("does not start while it rests", () => {
    const { tell, session } = makeConductor();
    tell({ type: "rest", resting: true }, { type: "go" });
    pass(1000);
    expect(session.asked).toEqual([]);
  });

  it("obeys, and says how many commands it has obeyed", () => {
    const { tell, session, kinds } = makeConductor();
    tell({ type: "command", name: "pause", argument: "" }, { type: "command", name: "seek", argument: "12" });
    expect(session.asked).toContain("command seek 12");
    expect(kinds("state").map((message) => message.type === "state" && message.commands)).toEqual([1, 2]);
  });

  it("tells the story of every run once: the first, the next, and one with another seed", () => {
    const { tell, session, kinds } = makeConductor();
    const command = (): void => tell({ type: "command", name: "pause", argument: "" });
    command();
    command();
    expect(kinds("story").length).toBe(1);
    session.said = { query: "preset=the-next" };
    command();
    session.said = { query: "preset=the-next&seed=8" };
    command();
    command();
    expect(kinds("story").length).toBe(3);
  });

  it("leaves the page more time where drawing takes long", () => {
    const { tell, session } = makeConductor();
    tell({ type: "drawn", milliseconds: 60 }, { type: "go" });
    pass(0);
    session.asked.length = 0;
    pass(199);
    expect(session.asked).toEqual([]);
    pass(1);
    expect(session.asked).toEqual(["frame 0.200"]);
  });

  it("waits a quarter of a second at most", () => {
    const { tell, session } = makeConductor();
    tell({ type: "drawn", milliseconds: 10_000 }, { type: "go" });
    pass(0);
    session.asked.length = 0;
    pass(250);
    expect(session.asked).toEqual(["frame 0.250"]);
  });

  it("lets go of the run before when it opens another", () => {
    const { tell, sessions, opened } = makeConductor();
    tell({ type: "go" }, { type: "open", id: 2, query: "seed=2", columns: 100, rows: 30 });
    expect(sessions[0]?.destroyed).toBe(true);
    expect(opened).toEqual(["seed=x 80x24", "seed=2 100x30"]);
    pass(1000);
    expect(sessions.map(({ asked }) => asked.length)).toEqual([0, 0]);
  });

  it("says that it failed, and stops", () => {
    const { tell, session, kinds } = makeConductor();
    session.frame = () => {
      throw new Error("Traceback:\n  File x\nno more numbers\n");
    };
    tell({ type: "go" });
    pass(1000);
    expect(kinds("failed")).toEqual([{ type: "failed", message: "no more numbers", isOver: false }]);
  });

  it("says that the engine has ended where it stands in what it cannot finish", () => {
    const { tell, session, kinds } = makeConductor();
    session.frame = () => {
      throw new Stranded("a part could not be loaded");
    };
    tell({ type: "go" });
    pass(1000);
    expect(kinds("failed")).toEqual([{ type: "failed", message: "a part could not be loaded", isOver: true }]);
  });

  it("answers questions", () => {
    const { tell, kinds } = makeConductor();
    tell({ type: "ask", id: 5, question: "asciicast", argument: "" });
    tell({ type: "ask", id: 6, question: "possible", argument: "gpu" });
    tell({ type: "ask", id: 7, question: "explain", argument: "row 5 12" });
    tell({ type: "ask", id: 8, question: "meaning", argument: "drain,node=12" });
    tell({ type: "ask", id: 9, question: "reading", argument: "5 12" });
    expect(kinds("answer")).toEqual([
      { type: "answer", id: 5, text: "a recording" },
      { type: "answer", id: 6, text: "[gpu]" },
      { type: "answer", id: 7, text: '{"wish":"row 5 12"}' },
      { type: "answer", id: 8, text: "means drain,node=12" },
      { type: "answer", id: 9, text: "at 5 12" },
    ]);
  });

  it("says what became of what was asked for, and nothing of other commands", () => {
    const { tell, session, kinds } = makeConductor();
    tell({ type: "command", name: "pause", argument: "" }, { type: "command", name: "inject", argument: "gpu-error" });
    session.refusal = "the job is over";
    tell({ type: "command", name: "inject", argument: "hbm-error,node=1" });
    for (const name of ["incident", "goto"] as const) tell({ type: "command", name, argument: "1" });
    const refusal = "the job is over";
    expect(kinds("replied")).toEqual([
      { type: "replied", name: "inject", words: "gpu-error", refusal: "" },
      { type: "replied", name: "inject", words: "hbm-error,node=1", refusal },
      { type: "replied", name: "incident", words: "1", refusal },
      { type: "replied", name: "goto", words: "1", refusal },
    ]);
  });

  it("answers what is asked of the run on show", () => {
    const { tell, kinds } = makeConductor();
    for (const [id, question] of (["curve", "events", "places", "asciicast"] as const).entries()) {
      tell({ type: "ask", id, question, argument: "[1]" });
    }
    expect(kinds("answer").map((message) => "text" in message && message.text)).toEqual([
      "curve [1]",
      "events [1]",
      "places [1]",
      "a recording",
    ]);
  });

  it("does without what cannot be had: everything is answered, and the run goes on", () => {
    const { conductor, kinds, sent } = makeConductor();
    sent.splice(0);
    const without = (message: ToEngine): void => conductor.doWithout(message, "it is not there");
    without({ type: "command", name: "view", argument: "events" });
    without({ type: "command", name: "inject", argument: "gpu-error" });
    without({ type: "ask", id: 5, question: "possible", argument: "gpu" });
    without({ type: "open", id: 2, query: "view=events", columns: 80, rows: 24 });
    expect(sent.filter(({ type }) => type !== "state" && type !== "story")).toEqual([
      { type: "lacking", message: "it is not there" },
      { type: "replied", name: "inject", words: "gpu-error", refusal: "it is not there" },
      { type: "answer", id: 5, text: "" },
      { type: "lacking", message: "it is not there" },
      { type: "failed", message: "it is not there", isOver: false },
    ]);
    expect(kinds("state").at(-1)).toMatchObject({ commands: 2 });
  });

  it("tells news with the state, once, to who listens", () => {
    const { tell, session, kinds } = makeConductor();
    session.newsText = JSON.stringify([NEWS]);
    tell({ type: "go" });
    pass(50);
    expect(kinds("news")).toEqual([]);
    tell({ type: "listen" });
    pass(1000);
    expect(kinds("news")).toEqual([{ type: "news", news: [NEWS] }]);
  });
});

describe("on the page's own thread", () => {
  it("works a frame off in slices, and finishes it before a command", () => {
    const { tell, session, kinds } = makeConductor(2);
    tell({ type: "go" });
    pass(0);
    expect(session.asked).toEqual([]); // two of its three bits
    tell({ type: "command", name: "pause", argument: "" });
    expect(session.asked.map((name) => name.split(" ")[0])).toEqual(["frame", "command"]);
    expect(kinds("text").length).toBe(1);
  });

  it("leaves the thread to the page for as long as it has had it", () => {
    const { tell, session } = makeConductor(2);
    tell({ type: "go" });
    pass(0);
    pass(1);
    expect(session.asked).toEqual([]);
    pass(1);
    expect(session.asked[0]).toMatch(/^frame/);
  });
});
