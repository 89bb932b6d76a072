/** The embedded page's side of the small language: obeys its parent window and tells it what happens. */

import type { News } from "../generated/protocol";
import type { Show } from "../show/show";
import type { listenToParent } from "./hearing";
import type { FromRun, RunState, ToRun } from "./messages";

const TIME_EVERY_MILLISECONDS = 250;

/** @param heard what the page around says @param setOptions it wants other ones */
export function talkToParent(
  show: Show,
  heard: ReturnType<typeof listenToParent>,
  setOptions: (query: string) => void,
): void {
  if (parent === window) return;
  /** Nothing here is secret: it is what everybody can see in the frame. */
  const tell = (message: FromRun): void => parent.postMessage(message, "*");
  let lastTime = Number.NEGATIVE_INFINITY;

  let isReady = true; // until the engine comes
  show.on("mode", (mode) => {
    isReady = mode !== "engine";
    tellReady();
  });
  /** Once the engine has said where it is, and done what was waiting for it. */
  const tellReady = (): void => {
    if (isReady || !show.isSettled || show.state.total_seconds === 0) return;
    isReady = true;
    tell({ pysim: 1, type: "ready", state: runState(show) });
  };
  show.on("state", () => {
    tellReady();
    const now = performance.now();
    if (now - lastTime < TIME_EVERY_MILLISECONDS) return;
    lastTime = now;
    tell({ pysim: 1, type: "time", state: runState(show) });
  });
  show.on("phase", (phase) => {
    if (phase !== "") tell({ pysim: 1, type: "phase", phase });
  });
  show.on("milestone", ({ name, chapter }) => {
    if (name !== "incident") tell({ pysim: 1, type: name, seconds: chapter.run_seconds, title: chapter.title });
  });
  show.on("news", (news) => tell(newsMessage(news)));
  show.on("ended", () => tell({ pysim: 1, type: "ended" }));
  tell({ pysim: 1, type: "listening" });
  heard((message) => {
    if (message.type === "setOptions") setOptions(message.query);
    else obey(message, show, tell);
  });
}

function obey(message: Exclude<ToRun, { type: "setOptions" }>, show: Show, tell: (message: FromRun) => void): void {
  switch (message.type) {
    case "play":
      show.play();
      break;
    case "pause":
      show.pause();
      break;
    case "seek":
      show.move("seek", String(message.seconds));
      break;
    case "setSpeed":
      show.setSpeed(message.factor);
      break;
    case "getState":
      tell({ pysim: 1, type: "state", id: message.id, state: runState(show) });
      break;
    case "inject":
      void show
        .inject(wish(message.cause, message.where))
        .then((refusal) => tell({ pysim: 1, type: "injected", id: message.id, refusal }));
      break;
  }
}

/** With or without the comma before the place. */
function wish(cause: string, where: string): string {
  const place = where.trim().replace(/^,/, "");
  return place === "" ? cause : `${cause},${place}`;
}

function newsMessage(news: News): FromRun {
  const { run_seconds: seconds, number, title, cause, place, step } = news;
  const told = { pysim: 1, seconds, title, number, cause, place, step } as const;
  if (news.kind === "incident") return { ...told, type: "incident" };
  return { ...told, type: "recovered", lostSeconds: news.lost_seconds, stepsRedone: news.steps_redone };
}

function runState({ state, query }: Show): RunState {
  return {
    seconds: state.run_seconds,
    totalSeconds: state.total_seconds,
    speed: state.speed,
    paused: state.paused,
    ended: state.ended,
    phase: state.phase,
    title: state.title,
    query,
    step: state.step,
    totalSteps: state.total_steps,
  };
}
