// Made from pysim/edge/protocol.py by `make protocol`. Change it there.

import { any, flag, list, nullable, number, oneOf, type Read, record, text, tuple } from "../reading";

export type MoveName = "seek" | "seek-fraction" | "skip" | "chapter" | "incident" | "goto" | "restart" | "seed" | "inject" | "decide" | "play-until" | "view" | "zoom";
export type CommandName = "seek" | "seek-fraction" | "skip" | "chapter" | "incident" | "goto" | "restart" | "seed" | "inject" | "decide" | "play-until" | "view" | "zoom" | "pause" | "resume" | "speed" | "resize" | "loop";
export type PageOption = "autoplay" | "controls" | "theme" | "fontsize" | "poster" | "loop" | "loading" | "notes" | "caption" | "credit" | "border";
export type OptionName = "preset" | "model" | "accelerator" | "gpus" | "dataset" | "precision" | "parallel" | "pipeline-split" | "sharding" | "seq-length" | "micro-batch" | "recompute" | "param-precision" | "grad-precision" | "optimizer-precision" | "cross-entropy" | "batch-tokens" | "batch-ramp" | "tokens" | "epochs" | "schedule" | "loss-curve" | "attention-kernel" | "execution" | "software-year" | "seed" | "incidents" | "spares" | "checkpoint-every" | "watchdog" | "grid-every" | "start" | "modules" | "speed-factor" | "tempo" | "from" | "until" | "inject" | "compare" | "on-call" | "decide" | "scenario" | "view" | "log-every" | "node" | "show";
export const readPhase = /* @__PURE__ */ oneOf("bring-up", "training", "validating", "saving", "hanging", "down", "restarting", "exporting", "done");
export type Phase = Read<typeof readPhase>;
export const readChapterKind = /* @__PURE__ */ oneOf("bring-up", "training", "validation", "checkpoint", "interruption", "resumption", "export", "end");
export type ChapterKind = Read<typeof readChapterKind>;
export const readMarkKind = /* @__PURE__ */ oneOf("checkpoint", "validation", "incident");
export type MarkKind = Read<typeof readMarkKind>;
export const readPassageKind = /* @__PURE__ */ oneOf("bring-up", "hang", "down", "restart", "redone", "export");
export type PassageKind = Read<typeof readPassageKind>;
export const readToldKind = /* @__PURE__ */ oneOf("incident", "recovered", "validation", "checkpoint");
export type ToldKind = Read<typeof readToldKind>;
export const readSubjectKind = /* @__PURE__ */ oneOf("event", "part", "incident");
export type SubjectKind = Read<typeof readSubjectKind>;
export const readCallKind = /* @__PURE__ */ oneOf("down", "slow", "loss");
export type CallKind = Read<typeof readCallKind>;
export const readActionName = /* @__PURE__ */ oneOf("drain", "restart", "skip", "rate", "wait", "diagnose", "spares", "maintenance");
export type ActionName = Read<typeof readActionName>;
export const readArgumentName = /* @__PURE__ */ oneOf("node", "checkpoint", "batches", "factor", "count");
export type ArgumentName = Read<typeof readArgumentName>;

/** Something shows that somebody may have to do something about; when somebody else will, if nobody decides; null for never. */
export const readCall = /* @__PURE__ */ record({
  number: number,
  kind: readCallKind,
  title: text,
  since_seconds: number,
  escalates_seconds: /* @__PURE__ */ nullable(number),
});
export type Call = Read<typeof readCall>;

/** What a run is like at a moment: as the last step had it, null before the first; goodput is a share of the time so far. */
export const readValues = /* @__PURE__ */ record({
  loss: /* @__PURE__ */ nullable(number),
  learning_rate: /* @__PURE__ */ nullable(number),
  grad_norm: /* @__PURE__ */ nullable(number),
  tokens_per_second: /* @__PURE__ */ nullable(number),
  goodput: number,
});
export type Values = Read<typeof readValues>;

/** Where a show is. Run and show seconds are the two clocks; the steps are data steps; the query asks for this very run. */
export const readState = /* @__PURE__ */ record({
  run_seconds: number,
  total_seconds: number,
  expected_seconds: number,
  show_seconds: number,
  total_show_seconds: number,
  speed: number,
  paused: flag,
  ended: flag,
  phase: readPhase,
  title: text,
  query: text,
  status: text,
  step: number,
  total_steps: number,
  live_rows: number,
  on_call: flag,
  calls: /* @__PURE__ */ list(readCall),
  stopped_for: number,
  values: readValues,
});
export type State = Read<typeof readState>;

/** A value of the query string that was refused, and why; the value is null where no single one is to blame. */
export const readProblem = /* @__PURE__ */ record({
  option: text,
  value: /* @__PURE__ */ nullable(text),
  message: text,
});
export type Problem = Read<typeof readProblem>;

/** A place in the run to jump to. */
export const readChapter = /* @__PURE__ */ record({
  run_seconds: number,
  fraction: number,
  kind: readChapterKind,
  title: text,
});
export type Chapter = Read<typeof readChapter>;

/** A marked moment of the timeline. Of an incident also what it was, where, when somebody noticed and when it was over; else empty, 0 or null. */
export const readMark = /* @__PURE__ */ record({
  run_seconds: number,
  fraction: number,
  kind: readMarkKind,
  title: text,
  number: number,
  cause: text,
  place: text,
  noticed_seconds: /* @__PURE__ */ nullable(number),
  over_seconds: /* @__PURE__ */ nullable(number),
});
export type Mark = Read<typeof readMark>;

/** Time in which a run does not get on as planned, in seconds and as places in the run from 0 to 1. Between passages it trains. */
export const readPassage = /* @__PURE__ */ record({
  kind: readPassageKind,
  begin_seconds: number,
  end_seconds: number,
  begin: number,
  end: number,
});
export type Passage = Read<typeof readPassage>;

/** What is drawn behind the slider; it changes with the run, not with time. */
export const readStory = /* @__PURE__ */ record({
  chapters: /* @__PURE__ */ list(readChapter),
  marks: /* @__PURE__ */ list(readMark),
  passages: /* @__PURE__ */ list(readPassage),
  curve: /* @__PURE__ */ list(/* @__PURE__ */ tuple(number, number)),
});
export type Story = Read<typeof readStory>;

/** One option of the page's form. */
export const readOptionField = /* @__PURE__ */ record({
  name: text,
  group: text,
  help: text,
  control: /* @__PURE__ */ oneOf("checkbox", "select", "number", "text"),
  kind: text,
  wants: text,
  placeholder: text,
  choices: /* @__PURE__ */ list(text),
  repeatable: flag,
  default: any,
});
export type OptionField = Read<typeof readOptionField>;

/** A preset in the page's form: what it is, its first run in a few words, and how that run's loss falls. */
export const readPresetEntry = /* @__PURE__ */ record({
  name: text,
  title: text,
  summary: text,
  run: text,
  curve: /* @__PURE__ */ list(/* @__PURE__ */ tuple(number, number)),
});
export type PresetEntry = Read<typeof readPresetEntry>;

/** A situation to be on call in: what is known beforehand, and what is to be reached. */
export const readScenarioEntry = /* @__PURE__ */ record({
  name: text,
  title: text,
  briefing: text,
  goal: text,
});
export type ScenarioEntry = Read<typeof readScenarioEntry>;

/** The page's form. */
export const readForm = /* @__PURE__ */ record({
  options: /* @__PURE__ */ list(readOptionField),
  presets: /* @__PURE__ */ list(readPresetEntry),
  scenarios: /* @__PURE__ */ list(readScenarioEntry),
});
export type Form = Read<typeof readForm>;

/** Something that can be let happen in the run on show. */
export const readTrouble = /* @__PURE__ */ record({
  name: text,
  title: text,
  hits: text,
});
export type Trouble = Read<typeof readTrouble>;

/** A number of an explanation: as people write it, what it means, and the formula with this run's numbers put in; empty where it has none. */
export const readExplainedNumber = /* @__PURE__ */ record({
  name: text,
  text: text,
  formula: text,
  meaning: text,
});
export type ExplainedNumber = Read<typeof readExplainedNumber>;

/** Where to read more. */
export const readReading = /* @__PURE__ */ record({
  title: text,
  url: text,
});
export type Reading = Read<typeof readReading>;

/** What something on the screen is. `known` is what an operator can know of an incident by then; `truth` what nobody can: on request only. */
export const readExplanation = /* @__PURE__ */ record({
  subject: readSubjectKind,
  name: text,
  title: text,
  about: text,
  run_seconds: number,
  numbers: /* @__PURE__ */ list(readExplainedNumber),
  better: text,
  known: /* @__PURE__ */ list(text),
  truth: /* @__PURE__ */ list(text),
  read: /* @__PURE__ */ list(readReading),
});
export type Explanation = Read<typeof readExplanation>;

/** An incident that somebody has noticed, that the job is up again after it and what it cost, or work that is done; told as the show passes it.

Of work the place, the cause and the costs are empty; a validation has its loss, if that is a number. */
export const readNews = /* @__PURE__ */ record({
  run_seconds: number,
  kind: readToldKind,
  number: number,
  cause: text,
  title: text,
  place: text,
  step: number,
  lost_seconds: number,
  steps_redone: number,
  validation_loss: /* @__PURE__ */ nullable(number),
  values: readValues,
});
export type News = Read<typeof readNews>;

/** A completed step, what it was like, when it ended, and the last held-out loss of those up to it since the row before. */
export const readCurveRow = /* @__PURE__ */ record({
  step: number,
  run_seconds: number,
  loss: /* @__PURE__ */ nullable(number),
  learning_rate: /* @__PURE__ */ nullable(number),
  grad_norm: /* @__PURE__ */ nullable(number),
  tokens_per_second: /* @__PURE__ */ nullable(number),
  validation_loss: /* @__PURE__ */ nullable(number),
});
export type CurveRow = Read<typeof readCurveRow>;

/** Why there is no curve, or nothing; and the curve. */
export const readCurveAnswer = /* @__PURE__ */ record({
  refusal: text,
  points: /* @__PURE__ */ list(readCurveRow),
});
export type CurveAnswer = Read<typeof readCurveAnswer>;

/** Why there are no events, or nothing; and the events with their fields, as in `--view events`. */
export const readEventsAnswer = /* @__PURE__ */ record({
  refusal: text,
  events: /* @__PURE__ */ list(any),
});
export type EventsAnswer = Read<typeof readEventsAnswer>;

/** Where a place is in the run, or why nowhere. */
export const readPlaceAnswer = /* @__PURE__ */ record({
  refusal: text,
  run_seconds: /* @__PURE__ */ nullable(number),
  fraction: /* @__PURE__ */ nullable(number),
});
export type PlaceAnswer = Read<typeof readPlaceAnswer>;

/** One value that an argument of a decision can have, as it is written, and what it means. */
export const readChoiceValue = /* @__PURE__ */ record({
  text: text,
  title: text,
});
export type ChoiceValue = Read<typeof readChoiceValue>;

/** What a decision can be given, as name=value; the first value is meant where it is not needed and none is given. */
export const readChoiceArgument = /* @__PURE__ */ record({
  name: readArgumentName,
  title: text,
  values: /* @__PURE__ */ list(readChoiceValue),
  is_needed: flag,
  least: number,
  most: number,
});
export type ChoiceArgument = Read<typeof readChoiceArgument>;

/** An action that the moment offers. What it is expected to cost: null where nobody can say; the risk is empty where there is none. */
export const readChoice = /* @__PURE__ */ record({
  name: readActionName,
  title: text,
  minutes: /* @__PURE__ */ nullable(number),
  steps_redone: /* @__PURE__ */ nullable(number),
  usd: /* @__PURE__ */ nullable(number),
  risk: text,
  arguments: /* @__PURE__ */ list(readChoiceArgument),
});
export type Choice = Read<typeof readChoice>;

/** What waits for a decision, and what can be decided now: `decide` takes a choice's name and ,name=value for each argument. */
export const readOffers = /* @__PURE__ */ record({
  calls: /* @__PURE__ */ list(readCall),
  choices: /* @__PURE__ */ list(readChoice),
});
export type Offers = Read<typeof readOffers>;

/** How a run went up to a moment. */
export const readTally = /* @__PURE__ */ record({
  goodput: number,
  usd: number,
  interruptions: number,
  steps_redone: number,
  step: number,
  seconds: number,
  is_over: flag,
  loss: /* @__PURE__ */ nullable(number),
});
export type Tally = Read<typeof readTally>;

/** A part of a scenario's goal, and what it is so far for whoever decides and under the automatic policy; null: not known yet. */
export const readAim = /* @__PURE__ */ record({
  text: text,
  own: /* @__PURE__ */ nullable(number),
  automatic: /* @__PURE__ */ nullable(number),
  is_reached: flag,
  is_reached_by_policy: flag,
});
export type Aim = Read<typeof readAim>;

/** How whoever is on call does, beside the automatic policy and beside nobody, for the same luck. Without a scenario the title is empty. */
export const readScore = /* @__PURE__ */ record({
  run_seconds: number,
  own: readTally,
  automatic: readTally,
  nobody: readTally,
  decisions: number,
  title: text,
  aims: /* @__PURE__ */ list(readAim),
});
export type Score = Read<typeof readScore>;

/** Something to compare the run on show with: as `compare` takes it, and in words. */
export const readSuggestion = /* @__PURE__ */ record({
  change: text,
  title: text,
});
export type Suggestion = Read<typeof readSuggestion>;

/** One run of a comparison: its letter, what is asked for otherwise, and what became otherwise with it; empty for the first. */
export const readWeighedRun = /* @__PURE__ */ record({
  letter: text,
  change: text,
  with_it: /* @__PURE__ */ list(text),
});
export type WeighedRun = Read<typeof readWeighedRun>;

/** A quantity: for each column its value or difference as it is shown. */
export const readWeighedRow = /* @__PURE__ */ record({
  name: text,
  cells: /* @__PURE__ */ list(text),
});
export type WeighedRow = Read<typeof readWeighedRow>;

/** A part of the table: so far, or at the end. */
export const readWeighedBlock = /* @__PURE__ */ record({
  title: text,
  heads: /* @__PURE__ */ list(text),
  rows: /* @__PURE__ */ list(readWeighedRow),
});
export type WeighedBlock = Read<typeof readWeighedBlock>;

/** What is worth comparing with the run on show, and what it is compared with: no blocks where that is nothing. */
export const readWeighing = /* @__PURE__ */ record({
  suggestions: /* @__PURE__ */ list(readSuggestion),
  runs: /* @__PURE__ */ list(readWeighedRun),
  blocks: /* @__PURE__ */ list(readWeighedBlock),
});
export type Weighing = Read<typeof readWeighing>;

/** What is known of the first run of a show before it is computed here: a picture for the play button. */
export const readPoster = /* @__PURE__ */ record({
  title: text,
  cluster: text,
  total_seconds: number,
  total_steps: number,
  curve: /* @__PURE__ */ list(/* @__PURE__ */ tuple(number, number)),
});
export type Poster = Read<typeof readPoster>;

/** The beginning of a show, for a screen of that size; title and length are the run's, as in its state. */
export const readRecorded = /* @__PURE__ */ record({
  columns: number,
  rows: number,
  live_rows: number,
  seconds: number,
  title: text,
  total_seconds: number,
  frames: /* @__PURE__ */ list(/* @__PURE__ */ tuple(number, text, number)),
});
export type Recorded = Read<typeof readRecorded>;

/** A Python generator that returns text: one `next` does one bit of the work. */
export interface Work {
  next(): { done?: boolean; value?: string | undefined };
  destroy?(): void;
}

/** A show as the page's worker has it: text and numbers in, text out. */
export interface Session {
  /** Values of the query string that could not be used: JSON of a list of `Problem`. */
  readonly problems: string;
  /** Text to write after that much time. */
  frame(wallSeconds: number): string;
  /** The same as `frame`, bit by bit. */
  framing(wallSeconds: number): Work;
  /** Do what a control asks for; text to write. */
  command(name: string, argument: string): string;
  /** Why what was asked for last does not happen, as one line; empty if it does. */
  readonly refusal: string;
  /** What a value means that is written for a decision, as `drain,node=12`: one line; empty where it means no more than it says. */
  meaning(words: string): string;
  /** What can be let happen in the run on show and is meant by some letters: JSON of a list of `Trouble`, the likeliest first. */
  possible(typed: string): string;
  /** JSON of a `CurveAnswer` to a JSON list: how many points, from which place to which; an empty place is the run's own end. */
  curve(asked: string): string;
  /** JSON of an `EventsAnswer` to a JSON list of two places. */
  events(asked: string): string;
  /** JSON of a list of `PlaceAnswer` to one of places. */
  places(asked: string): string;
  /** JSON of `Explanation`, or null where there is nothing.

`row UP COLUMN`: a cell, its row counted up from the last one, through the log above the screen; `at SECONDS` of run time, or
`place WORDS` (a step or a time): what was told last by then; no words: by now. */
  explain(wish: string): string;
  /** What a chart has at a cell, as in `row UP COLUMN` but without the word: one line; empty where there is no chart or nothing is known. */
  reading(cell: string): string;
  /** What the run on show is and can be compared with: JSON of `Weighing`. */
  weighing(): string;
  /** What can be decided now: JSON of `Offers`. */
  offers(): string;
  /** How the decisions so far do: JSON of `Score`, or null where nobody is on call and nothing was decided. */
  score(): string;
  /** JSON of `State`. */
  state(): string;
  /** What the show has passed since this was last asked: JSON of a list of `News`. */
  news(): string;
  /** JSON of `Story`, the curve with that many points. */
  story(points: number): string;
  /** The same as `story`, bit by bit. */
  telling_story(points: number): Work;
  /** The last minutes of the show up to now, as an asciicast file. */
  asciicast(): string;
  /** What the view on show has told of the run up to now, every line whole, as a file has it; of a long show the end. */
  log(): string;
  destroy?(): void;
}
