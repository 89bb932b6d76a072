/** The embedded page's side of the small language: obeys its parent window and tells it what happens. */

import type { News, Values } from "../generated/protocol";
import type { Show } from "../show/show";
import type { listenToParent } from "./hearing";
import { type FromRun, type RunState, readToRun, type ToRun } from "./messages";

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
  let last: { at: number; state: RunState } | null = null;

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
    const [at, state] = [performance.now(), runState(show)];
    if (last !== null && at - last.at < TIME_EVERY_MILLISECONDS && !isOtherwise(last.state, state)) return;
    last = { at, state };
    tell({ pysim: 1, type: "time", state });
  });
  show.on("phase", (phase) => {
    if (phase !== "") tell({ pysim: 1, type: "phase", phase });
  });
  show.on("news", (news) => tell(newsMessage(news)));
  show.on("ended", () => tell({ pysim: 1, type: "ended" }));
  show.listen();
  tell({ pysim: 1, type: "listening" });
  heard((said) => {
    const message = readToRun(said);
    if (message?.type === "setOptions") setOptions(message.query);
    else if (message !== null) obey(message, show, tell);
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
    default:
      void import("./inquiries").then(async ({ answer }) =>
        tell({ pysim: 1, type: "answer", id: message.id, ...(await answer(message, show, () => runState(show))) }),
      );
  }
}

/** How it plays, not where it is. */
function isOtherwise(before: RunState, now: RunState): boolean {
  return before.paused !== now.paused || before.ended !== now.ended || before.speed !== now.speed;
}

/** With or without the comma before the place. */
function wish(cause: string, where: string): string {
  const place = where.trim().replace(/^,/, "");
  return place === "" ? cause : `${cause},${place}`;
}

function newsMessage(news: News): FromRun {
  const { kind, run_seconds: seconds, number, title, cause, place, step } = news;
  const passed = { pysim: 1, ...spelled(news.values), seconds, title, step } as const;
  if (kind === "checkpoint") return { ...passed, type: kind };
  if (kind === "validation") return { ...passed, type: kind, validationLoss: news.validation_loss };
  const told = { ...passed, number, cause, place } as const;
  if (kind === "incident") return { ...told, type: kind };
  return { ...told, type: kind, lostSeconds: news.lost_seconds, stepsRedone: news.steps_redone };
}

/** As JavaScript spells names. */
function spelled({ loss, learning_rate, grad_norm, tokens_per_second, goodput }: Values) {
  return {
    loss,
    learningRate: learning_rate,
    gradNorm: grad_norm,
    tokensPerSecond: tokens_per_second,
    goodput,
  };
}

function runState({ state, query }: Show): RunState {
  return {
    ...spelled(state.values),
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
