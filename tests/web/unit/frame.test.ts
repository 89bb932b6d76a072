// @vitest-environment jsdom
// The frame in a <pysim-run>: nothing that is said to it is lost, and it comes back to where it was.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EmbedFrame } from "../../../web/src/embed/frame";
import type { RunState, ToRun } from "../../../web/src/embed/messages";
import { observers } from "./helpers/document";
import { STATE } from "./helpers/run-state";

const SITE = new URL("https://example.com/runs/");
const play: ToRun = { pysim: 1, type: "play" };
const seek: ToRun = { pysim: 1, type: "seek", seconds: 5 };

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(console, "warn").mockImplementation(() => {});
});
afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
});

function makeFrame(query = "preset=classic") {
  const heard: string[] = [];
  const sent: unknown[] = [];
  const frame = new EmbedFrame(SITE, (message) => void heard.push(message.type));
  const inside = { postMessage: (...values: unknown[]) => void sent.push(values) };
  Object.defineProperty(frame.element, "contentWindow", { value: inside });
  const insert = (): void => {
    document.body.append(frame.element);
    frame.connect(query);
  };
  const remove = (): void => {
    frame.element.remove();
    frame.disconnect();
  };
  const says = (data: unknown, source: unknown = inside): void => {
    window.dispatchEvent(Object.assign(new Event("message"), { data, source }));
  };
  insert();
  /** What the frame was told since this was last asked, without the addressee. */
  const told = (): unknown[] => sent.splice(0).map((values) => (values as unknown[])[0]);
  return { frame, heard, told, sent, says, insert, remove, src: () => new URL(frame.element.src) };
}

describe("a frame", () => {
  it("is lazy unless it is asked to be eager", () => {
    expect(makeFrame("").frame.element.loading).toBe("lazy");
    expect(makeFrame("loading=eager").frame.element.loading).toBe("eager");
  });

  it("loads the embeddable page with all options", () => {
    expect(makeFrame("preset=classic&theme=paper").src().href).toBe(
      "https://example.com/runs/embed.html?preset=classic&theme=paper",
    );
  });

  it("hears what is said before it listens, in order, and only then", () => {
    const { frame, told, says, sent } = makeFrame();
    frame.send(play);
    frame.send(seek);
    expect(sent).toEqual([]);
    says({ pysim: 1, type: "listening" });
    expect(sent[0]).toEqual([play, "https://example.com"]);
    expect(told()).toEqual([play, seek]);
    frame.send(play);
    expect(told()).toEqual([play]);
  });

  it("listens as soon as it says anything, as an older one does", () => {
    const { frame, told, says, heard } = makeFrame();
    frame.send(play);
    says({ pysim: 1, type: "time", state: STATE });
    expect(told()).toEqual([play]);
    expect(heard).toEqual(["time"]);
  });

  it("is obeyed by nobody else", () => {
    const { frame, told, says, heard } = makeFrame();
    frame.send(play);
    says({ pysim: 1, type: "listening" }, window);
    says({ pysim: 1, type: "listening" }, null);
    says({ pysim: 2, type: "listening" });
    expect(told()).toEqual([]);
    expect(heard).toEqual([]);
  });
});

describe("other options", () => {
  it("are told to a frame that listens, once", () => {
    const { frame, told, says, src } = makeFrame();
    says({ pysim: 1, type: "listening" });
    frame.ask("preset=classic&theme=paper");
    frame.ask("preset=classic&theme=paper");
    expect(told()).toEqual([{ pysim: 1, type: "setOptions", query: "preset=classic&theme=paper" }]);
    expect(src().search).toBe("?preset=classic");
  });

  it("are loaded by a frame that does not listen yet", () => {
    const { frame, told, says, src } = makeFrame();
    frame.ask("preset=llama3-8b&loading=eager");
    expect(src().search).toBe("?preset=llama3-8b&loading=eager");
    expect(frame.element.loading).toBe("eager");
    says({ pysim: 1, type: "listening" });
    expect(told()).toEqual([]);
  });
});

describe("moved in its document", () => {
  function moved(state: RunState, before: (made: ReturnType<typeof makeFrame>) => void = () => {}, query?: string) {
    const made = makeFrame(query);
    made.says({ pysim: 1, type: "time", state });
    before(made);
    made.remove();
    made.insert();
    return made;
  }
  const there = [
    { pysim: 1, type: "setSpeed", factor: 10 },
    { pysim: 1, type: "seek", seconds: 120 },
  ];

  it("goes on with the run on show, where it was and as fast", () => {
    const { frame, told, says, src } = moved(STATE, () => {}, "modules=random&theme=paper&from=50%25");
    expect(src().search).toBe("?preset=classic&seed=3&theme=paper");
    expect(frame.element.loading).toBe("eager");
    says({ pysim: 1, type: "listening" });
    expect(told()).toEqual(there);
  });

  it("stays paused", () => {
    const { told, says } = moved({ ...STATE, paused: true });
    says({ pysim: 1, type: "listening" });
    expect(told()).toEqual([...there, { pysim: 1, type: "pause" }]);
  });

  it("is paused if it was gone for a while", () => {
    const { told, says } = moved(STATE, ({ frame }) => frame.pauseWhenBack());
    says({ pysim: 1, type: "listening" });
    expect(told().at(-1)).toEqual({ pysim: 1, type: "pause" });
  });

  it("is moved again before it listens, and goes back once", () => {
    const { told, says, remove, insert } = moved(STATE);
    remove();
    insert();
    says({ pysim: 1, type: "listening" });
    expect(told()).toEqual(there);
  });

  it("goes back first, and then does what it was told meanwhile", () => {
    const { frame, told, says } = moved(STATE);
    frame.send(seek);
    says({ pysim: 1, type: "listening" });
    expect(told()).toEqual([...there, seek]);
  });

  it("begins anew as long as the run is not known", () => {
    const { told, says } = moved({ ...STATE, seconds: 0, totalSeconds: 0 });
    says({ pysim: 1, type: "listening" });
    expect(told()).toEqual([there[0]]);
  });
});

describe("a frame that never answers", () => {
  it("is said to have failed, with a link and advice, and is shown if it comes after all", () => {
    const { frame, says } = makeFrame();
    frame.element.dispatchEvent(new Event("load"));
    vi.advanceTimersByTime(7_999);
    expect(document.querySelector("p")).toBeNull();
    vi.advanceTimersByTime(1);
    expect(document.querySelector("p")?.textContent).toBe("The run could not load here. Open it on its own page.");
    expect(document.querySelector("a")?.href).toBe("https://example.com/runs/?preset=classic");
    expect(console.warn).toHaveBeenCalledWith(expect.stringContaining("Cross-Origin-Embedder-Policy"));
    says({ pysim: 1, type: "listening" });
    expect(document.querySelector("p")).toBeNull();
  });

  it("is said to have failed a while after it came into sight, where a browser tells nothing at all", () => {
    makeFrame();
    vi.advanceTimersByTime(600_000);
    expect(document.querySelector("p")).toBeNull();
    observers.at(-1)?.tell(true);
    vi.advanceTimersByTime(15_000);
    expect(document.querySelector("p")).not.toBeNull();
  });

  it("is not complained about while it answers", () => {
    const { frame, says } = makeFrame();
    frame.element.dispatchEvent(new Event("load"));
    says({ pysim: 1, type: "listening" });
    vi.advanceTimersByTime(60_000);
    expect(document.querySelector("p")).toBeNull();
  });
});
