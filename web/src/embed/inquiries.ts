/** What the page around asks of the run and waits for: places, the curve, chapters, events. Loaded when the first is asked. */

import { readCurveAnswer, readEventsAnswer } from "../generated/protocol";
import { parse } from "../reading";
import type { Show } from "../show/show";
import type { RunState, ToRun } from "./messages";

type Inquiry = Extract<ToRun, { type: "goTo" | "playUntil" | "getCurve" | "getChapters" | "getEvents" | "explain" }>;

export interface Answer {
  refusal: string;
  value: unknown;
}

const NOTHING_THERE = "There is nothing to explain there.";
const NO_ENGINE = "The simulator does not run here.";

export function answer(message: Inquiry, show: Show, state: () => RunState): Promise<Answer> {
  switch (message.type) {
    case "goTo":
      return done(show.goTo(message.place), state);
    case "playUntil":
      return playUntil(show, message.place, state);
    case "getCurve":
      return curve(show, message);
    case "getChapters":
      return chapters(show);
    case "getEvents":
      return events(show, message);
    case "explain":
      return explain(show, message.what);
  }
}

async function done(wish: Promise<string>, state: () => RunState): Promise<Answer> {
  return { refusal: await wish, value: state() };
}

/** Answered once the run stands still again, there or, if somebody stops it before, elsewhere. */
async function playUntil(show: Show, place: string, state: () => RunState): Promise<Answer> {
  const refusal = await show.playUntil(place);
  if (refusal === "") await standstill(show);
  return { refusal, value: state() };
}

function standstill(show: Show): Promise<void> {
  return new Promise((resolve) => {
    const stop = show.on("state", ({ paused, ended }) => {
      if (!(paused || ended) || !show.isSettled) return;
      stop();
      resolve();
    });
  });
}

async function curve(show: Show, { points, from, until }: Extract<ToRun, { type: "getCurve" }>): Promise<Answer> {
  const text = await show.inquire("curve", [Math.round(points), from, until]);
  if (text === "") return { refusal: NO_ENGINE, value: [] };
  const found = parse(text, readCurveAnswer);
  const value = found.points.map((point) => ({
    step: point.step,
    seconds: point.run_seconds,
    loss: point.loss,
    learningRate: point.learning_rate,
    gradNorm: point.grad_norm,
    tokensPerSecond: point.tokens_per_second,
    validationLoss: point.validation_loss,
  }));
  return { refusal: found.refusal, value };
}

async function events(show: Show, { from, until }: Extract<ToRun, { type: "getEvents" }>): Promise<Answer> {
  const text = await show.inquire("events", [from, until]);
  if (text === "") return { refusal: NO_ENGINE, value: [] };
  const found = parse(text, readEventsAnswer);
  return { refusal: found.refusal, value: found.events };
}

/** A place in words is the line that was told last by then; no words mean the newest line. */
async function explain(show: Show, what: string): Promise<Answer> {
  const found = show.hasEngine ? await show.explain(what.trim() === "" ? "" : `place ${what.trim()}`) : null;
  if (found === null) return { refusal: show.hasEngine ? NOTHING_THERE : NO_ENGINE, value: null };
  const { run_seconds: seconds, ...rest } = found;
  return { refusal: "", value: { seconds, ...rest } };
}

/** They come with the run's story: asking for no place waits until the run is there. */
async function chapters(show: Show): Promise<Answer> {
  if ((await show.inquire("places", [])) === "") return { refusal: NO_ENGINE, value: [] };
  if (show.story.chapters.length === 0) await once(show);
  const value = show.story.chapters.map(({ run_seconds: seconds, kind, title }) => ({ seconds, kind, title }));
  return { refusal: "", value };
}

function once(show: Show): Promise<void> {
  return new Promise((resolve) => {
    const stop = show.on("story", () => {
      stop();
      resolve();
    });
  });
}
