// A stand-in for the Python core behind Pyodide's interface, so that the page can be built and tested without it: a
// deterministic show with a log above two bars, as a function of show time.

const ESC = "\u001b[";
const LINES_PER_SECOND = 4;
const TOTAL_SHOW_SECONDS = 120;
const RUN_SECONDS_PER_SHOW_SECOND = 600;
const BAR_CELLS = 24;
const KINDS = ["validation", "checkpoint", "incident"];

const pad = (number, width) => String(number).padStart(width);
const clockText = (seconds) =>
  new Date(Date.UTC(2026, 0, 5) + seconds * 1000).toISOString().slice(0, 19).replace("T", " ");

class Session {
  #query;
  #show = 0;
  #speed = 1;
  #paused = false;
  #lines = 0;
  #drawn = false;
  #seed;

  constructor(query, columns, rows) {
    this.#query = new URLSearchParams(query);
    this.#seed = Number(this.#query.get("seed") ?? 0);
    this.columns = columns;
    this.rows = rows;
  }

  get problems() {
    const seed = this.#query.get("seed");
    const bad = seed !== null && !/^\d+$/.test(seed);
    return JSON.stringify(bad ? [{ option: "seed", value: seed, message: "is not a whole number" }] : []);
  }

  frame(wallSeconds) {
    if (this.#paused) return "";
    this.#show = Math.min(TOTAL_SHOW_SECONDS, this.#show + wallSeconds * this.#speed);
    return this.#draw();
  }

  command(name, argument) {
    const seek = (show) => {
      this.#show = Math.min(TOTAL_SHOW_SECONDS, Math.max(0, show));
      return this.#repaint();
    };
    const chapters = this.#chapterList().map(({ run_seconds: time }) => time / RUN_SECONDS_PER_SHOW_SECOND);
    const commands = {
      pause: () => this.#pause(true),
      resume: () => this.#pause(false),
      toggle: () => this.#pause(!this.#paused),
      speed: () => this.#setSpeed(Number(argument)),
      seek: () => seek(Number(argument) / RUN_SECONDS_PER_SHOW_SECOND),
      "seek-fraction": () => seek(Number(argument) * TOTAL_SHOW_SECONDS),
      skip: () => seek(this.#show + Number(argument)),
      chapter: () =>
        seek(
          (argument === "1"
            ? chapters.find((time) => time > this.#show + 0.01)
            : chapters.findLast((time) => time < this.#show - 0.5)) ?? this.#show,
        ),
      resize: () => {
        [this.columns, this.rows] = argument.split("x").map(Number);
        return this.#repaint();
      },
      restart: () => seek(0),
      seed: () => {
        this.#seed = Number(argument);
        return seek(0);
      },
      help: () => "",
    };
    return commands[name]();
  }

  state() {
    const ended = this.#show >= TOTAL_SHOW_SECONDS;
    return JSON.stringify({
      run_seconds: this.#show * RUN_SECONDS_PER_SHOW_SECOND,
      total_seconds: TOTAL_SHOW_SECONDS * RUN_SECONDS_PER_SHOW_SECOND,
      show_seconds: this.#show,
      total_show_seconds: TOTAL_SHOW_SECONDS,
      speed: this.#speed,
      paused: this.#paused,
      ended,
      phase: ended ? "done" : this.#show < 10 ? "initialise" : "train",
      title: `stand-in seed ${this.#seed}`,
      run_name: "stand-in",
      seed: this.#seed,
      status: `Training, step ${this.#step()} of 1,200`,
      step: this.#step(),
      total_steps: 1200,
    });
  }

  chapters() {
    return JSON.stringify(this.#chapterList());
  }

  loss_curve(points) {
    const at = (index) => index / (points - 1);
    return JSON.stringify(
      Array.from({ length: points }, (_, index) => [
        at(index),
        2 + 9 * Math.exp(-9 * at(index)) + 0.05 * Math.sin(index),
      ]),
    );
  }

  asciicast() {
    return `${JSON.stringify({ version: 2, width: this.columns, height: this.rows })}\n`;
  }

  options() {
    return JSON.stringify({ options: Object.fromEntries(this.#query), query: this.#query.toString() });
  }

  #step() {
    return Math.round(this.#show * 10);
  }

  #chapterList() {
    const end = TOTAL_SHOW_SECONDS * RUN_SECONDS_PER_SHOW_SECOND;
    return Array.from({ length: 24 }, (_, index) => ({
      run_seconds: ((index + 1) * end) / 25,
      fraction: (index + 1) / 25,
      kind: KINDS[index % 7 === 6 ? 2 : index % 2],
      title: `${KINDS[index % 7 === 6 ? 2 : index % 2]} ${index + 1}`,
    }));
  }

  #pause(paused) {
    this.#paused = paused;
    return "";
  }

  #setSpeed(factor) {
    this.#speed = factor;
    return "";
  }

  #line(index) {
    const time = `${ESC}2m[${clockText(index * 150)}]${ESC}0m ${ESC}32mINFO${ESC}0m    `;
    const loss = (2 + 9 * Math.exp(-index / 50)).toFixed(4);
    return (
      time +
      `[Rank 0/64] step ${pad(index, 6)}/1,200 | loss ${loss} | lr 2.93e-04 | grad_norm 0.412`.slice(
        0,
        this.columns - 30,
      )
    );
  }

  #live() {
    const fraction = this.#show / TOTAL_SHOW_SECONDS;
    const filled = Math.floor(fraction * BAR_CELLS);
    const bar = `${"=".repeat(filled)}${ESC}34m>${ESC}0m`.padEnd(BAR_CELLS + 9);
    const rule = "─".repeat(this.columns);
    const step = pad(this.#step().toLocaleString("en"), 5);
    return [
      rule,
      `Epoch  1/1  [${bar}] ${(fraction * 100).toFixed(1)} %`,
      `Step ${step}/1,200 [${bar}] 426,101 tok/s`.slice(0, this.columns + 9),
    ];
  }

  #draw() {
    const due = Math.floor(this.#show * LINES_PER_SECOND + 1e-6);
    const lines = Array.from({ length: Math.min(due - this.#lines, 200) }, (_, index) =>
      this.#line(due - Math.min(due - this.#lines, 200) + index),
    );
    this.#lines = due;
    const erase = this.#drawn ? `\r${ESC}2A${ESC}J` : "";
    this.#drawn = true;
    const log = lines.map((line) => `${line}\r\n`).join("");
    return `${ESC}?2026h${ESC}?25l${erase}${log}${this.#live().join("\r\n")}${ESC}?2026l`;
  }

  #repaint() {
    this.#drawn = false;
    const due = Math.floor(this.#show * LINES_PER_SECOND + 1e-6);
    this.#lines = Math.max(0, due - (this.rows - 3));
    return `${ESC}2J${ESC}3J${ESC}H${this.#draw()}`;
  }
}

export const browserModule = { open_show: (query, columns, rows) => new Session(query, columns, rows) };

export function prologue(query, columns, rows, seconds, framesPerSecond) {
  const session = new Session(query, columns, rows);
  const frames = Array.from({ length: seconds * framesPerSecond }, (_, index) => [
    (index + 1) / framesPerSecond,
    session.frame(1 / framesPerSecond),
  ]);
  return { columns, rows, seconds, frames };
}
