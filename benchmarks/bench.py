"""What pysim promises about speed, measured: ratios only, both sides in the same process and in turn, medians over rounds.

Run with `make bench`. It also runs under Pyodide, where the rows that start processes are left out. Exit code 1 if a promise
is broken.
"""

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from operator import attrgetter

import waits
from bare import bare_loop
from waits import PLACES, USUAL, places, ratio, year_and_calm_year

from pysim.pretraining.narrate import narrate, tellings
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.choose import Request, choose_plan
from pysim.pretraining.run.run import Run, simulate
from pysim.pretraining.story import PretrainingStory, header
from pysim.show.lines import pour
from pysim.show.player import FRAME_SECONDS, Player
from pysim.show.staging import Staging, plain_lines
from pysim.story.events import StepCompleted, Telling
from pysim.story.steps import Executed
from pysim.story.story import Span
from pysim.terminal.ansi import palette
from pysim.terminal.screen import PAGE, Screen
from pysim.views.console.console import Console
from pysim.views.console.grid import GridShape, grid
from pysim.views.console.prefix import Prefix
from pysim.views.glyphs import glyphs
from pysim.views.registry import VIEWS, cadence, why_not
from pysim.views.timeline import Timeline
from pysim.views.view import View, written

STEPS, DIALECT_STEPS = 16_000, 4_096
SPEAKING = (
    "megatron",
    "hf",
    "nanogpt",
    "nemo",
    "deepspeed",
    "llmc",
    "litgpt",
    "torchtitan",
    "olmo",
    "maxtext",
    "mlperf",
)
LONG = ("megatron", "deepspeed", "torchtitan")  # lines of trainers
WIDE = Screen(200, 50)


@dataclass(frozen=True, slots=True)
class Row:
    """One promise: what was measured, in which unit, and its limit."""

    name: str
    value: float
    unit: str
    limit: float

    @property
    def kept(self) -> bool:
        """Whether the promise holds."""
        return self.value <= self.limit


def run_of(steps: int, **changes: object) -> Plan:
    """A run of the default kind with that many steps, in which nothing goes wrong."""
    plan = choose_plan(Request(preset="classic", incidents=0.0))
    dataset = replace(plan.dataset, tokens=steps * plan.tokens_per_step)
    return replace(plan, dataset=dataset, epochs=1, tokens=steps * plan.tokens_per_step, **changes)  # type: ignore[arg-type]


def open_in_the_middle(plan: Plan) -> str:
    """From a plan to a painted screen at half of the run."""
    run = simulate(plan)
    return Player(PretrainingStory(run), USUAL, span=Span(run.end_us // 2)).advance(0.0)


def opening() -> Row:
    """A long run opens as fast as a short one."""
    long, short = run_of(10_000_000), run_of(1_000)
    value = ratio(lambda: open_in_the_middle(long), lambda: open_in_the_middle(short))
    return Row("open 10,000,000 steps at 50 % / open 1,000 steps", value, "x", 3.0)


def opening_with_incidents() -> Row:
    """A run with thousands of incidents opens in its middle."""
    befallen, calm = year_and_calm_year()
    value = ratio(lambda: open_in_the_middle(befallen), lambda: open_in_the_middle(calm))
    return Row("open a year of 20,000 incidents at 50 % / with none", value, "x", 5.0)


def with_incidents() -> list[Row]:
    """Looking into a run with thousands of incidents, against the same run without."""
    befallen, calm = (PretrainingStory(simulate(plan)) for plan in year_and_calm_year())
    names = ("seek to a frame of that year", "tell a moment of that year")
    return [
        Row(f"{name} / of one without incidents", ratio(look(befallen), look(calm)), "x", 1.5)
        for name, look in zip(names, (seek_about, tell_moments), strict=True)
    ]


def seek_about(story: PretrainingStory) -> Callable[[], object]:
    """Frames from all over a run."""
    player = Player(story, USUAL)
    return lambda: [player.seek(place_us) for place_us in places(story.end_us)]


def tell_moments(story: PretrainingStory) -> Callable[[], object]:
    """What the live region shows, all over a run."""
    moments = [story.end_us * (2 * place + 1) // (16 * PLACES) for place in range(8 * PLACES)]
    return lambda: [story.moment(time_us) for time_us in moments]


def comparing() -> Row:
    """A comparison opens in the middle in the time of two runs."""
    return Row("open a comparison / open its run", waits.comparing(), "x", 2.0)


def time_machine() -> list[Row]:
    """Going anywhere in a year of 20,000 incidents, against a frame as it is played.

    Such a frame takes half a millisecond to a whole one, and two to three under Pyodide: 100 of them are what a viewer does not wait for.
    """
    story = PretrainingStory(simulate(year_and_calm_year()[0]))
    player, playing = (Player(story, replace(USUAL, timeline=True), span=Span(story.end_us // 2)) for _ in range(2))

    def frames() -> None:
        for _ in range(PLACES):
            playing.advance(FRAME_SECONDS)

    def incidents() -> None:
        player.seek(story.end_us // 3)
        for _ in range(PLACES):
            player.incident(1)

    def timelines() -> None:
        for _ in range(PLACES):
            Timeline(USUAL).line(story, 0)

    return [
        Row("go to a place of that year / play one frame", ratio(seek_about(story), frames), "x", 100.0),
        Row("go to the next incident of that year / play one frame", ratio(incidents, frames), "x", 100.0),
        Row("draw the timeline of that year anew / play one frame", ratio(timelines, frames), "x", 100.0),
    ]


def waiting() -> list[Row]:
    """A decision and an explanation are there before anybody waits for them."""
    limit = 150.0 if sys.platform == "emscripten" else 50.0
    first, later = waits.explaining()
    return [
        Row("decide something in a night", waits.deciding(), "ms", 300.0),
        Row("explain a line for the first time", first, "ms", limit),
        Row("explain a line", later, "ms", limit),
    ]


def switching() -> Row:
    """Another view is there with the next frame."""
    slowest, milliseconds = waits.switching()
    frames = 3 if sys.platform == "emscripten" else 1
    return Row(f"switch to another view, {slowest} as the slowest", milliseconds, "ms", frames * FRAME_SECONDS * 1e3)


def narrating() -> list[Row]:
    """Telling and writing steps, against formatting the same lines from ready-made lists."""
    run = steady(run_of(20_000))
    since, until = run.timeline.start_of_us(Executed(2_000)), run.timeline.start_of_us(Executed(2_000 + STEPS))
    bare = console_loop(run)
    return [
        Row(
            "narrate and render a step / format it with one f-string",
            ratio(lambda: write(Console(header(run), WIDE), tellings(run, since, until)), bare),
            "x",
            2.0,
        ),
        Row("a whole --instant into a file / that loop", ratio(instant(run, since, until), bare), "x", 4.0),
        *(row for name in SPEAKING for row in in_other_words(name)),
    ]


def steady(plan: Plan) -> Run:
    """Steps, and nothing between them."""
    return simulate(replace(plan, grid_interval=10**9, validation_interval=20_000, checkpoint_interval=20_000))


def write(view: View, told: Iterable[Telling]) -> list[str]:
    """All lines."""
    return [line for telling in told for _, lines in written(view, telling) for line in lines]


def in_other_words(name: str) -> list[Row]:
    """A trainer's lines of each step, against one f-string that writes the same from ready-made lists: what the words cost, and the whole log.

    Of a step's simulation a bare loop knows nothing, so that the whole log is promised where the line is long enough to hide it.
    """
    make = VIEWS[name]
    plans = (
        run_of(20_000),
        *(choose_plan(Request(preset=preset, incidents=0.0)) for preset in ("gpt2-124m", "llama3-8b")),
    )
    run = next(run for run in map(steady, plans) if not why_not(make, header(run)))
    story, spoken = PretrainingStory(run), cadence(make, 1)
    span = (run.timeline.start_of_us(Executed(2_000)), run.timeline.start_of_us(Executed(2_000 + DIALECT_STEPS)))
    told, view = list(story.tellings(*span, *spoken)), make(story.header, PAGE)
    lines = ["\n".join(each) for telling in told for _, each in written(view, telling)]
    bare = bare_loop([text for text in lines if text])
    rows = [
        Row(
            f"write steps in {name}'s words / format them with one f-string",
            ratio(lambda: write(view, told), bare),
            "x",
            2.0,
        )
    ]
    if name in LONG:
        log = ratio(lambda: write(view, story.tellings(*span, *spoken)), bare)
        rows.append(Row(f"the same, and tell them ({name})", log, "x", 2.0))
    return rows


class Sink:
    """Takes lines as a file does, and keeps none."""

    def clock(self) -> float:
        """Nothing waits."""
        return 0.0

    def sleep(self, seconds: float) -> None:
        """Nothing waits."""

    def write(self, text: str) -> None:
        """As bytes."""
        text.encode()

    def flush(self) -> None:
        """All are gone."""


def instant(run: Run, since_us: int, until_us: int) -> Callable[[], object]:
    """`--instant` into a file, from the story to the bytes."""
    story, staging = PretrainingStory(run), Staging(screen=PAGE, span=Span(since_us, until_us))
    return lambda: pour(plain_lines([story], staging, instant=True), Sink())


def console_loop(run: Run) -> Callable[[], object]:
    """The same step lines from ready-made lists with one f-string, nothing else."""
    p, plan = palette(color=True), run.plan
    steps = [e for e in narrate(run, run.timeline.start_of_us(Executed(2_000))) if isinstance(e, StepCompleted)][:STEPS]
    prefix = Prefix(plan.start_time, WIDE.columns, p)
    names = (
        "step",
        "loss",
        "perplexity",
        "learning_rate",
        "grad_norm",
        "step_seconds",
        "tokens_per_second",
        "samples_per_second",
        "mfu",
    )
    columns = [[prefix.stamp(e.time_seconds) for e in steps], *zip(*map(attrgetter(*names), steps), strict=True)]
    total, world, nodes = f"{plan.total_steps:,}", plan.world_size, plan.nodes
    bar = f" {p.dim}|{p.reset} "

    def loop() -> list[str]:
        return [
            f"{p.dim}[{stamp}]{p.reset} {p.dim}INFO{p.reset}    {p.dim}[Rank 0/{world}]{p.reset} {p.dim}[Node 0/{nodes}]{p.reset} "
            f"step {step:>6,}/{total}{bar}loss {p.bold}{loss:7.4f}{p.reset}{bar}ppl {perplexity:7.2f}{bar}lr {lr:.2e}"
            f"{bar}grad_norm {norm:6.3f}{bar}{duration:6.2f}{p.dim} s{p.reset}{bar}{tokens:7,.0f}{p.dim} tok/s{p.reset}"
            f"{bar}{samples:5,.1f}{p.dim} samples/s{p.reset}{bar}MFU {mfu:5.1%}"
            for stamp, step, loss, perplexity, lr, norm, duration, tokens, samples, mfu in zip(*columns, strict=True)
        ]

    line = loop()[0]
    shown = next(iter(Console(header(run), WIDE).lines(steps[0])))
    assert line == shown, f"the bare loop must format the same line:\n{line!r}\n{shown!r}"  # noqa: S101  # a benchmark of something else is worthless
    return loop


def painting() -> Row:
    """The grid of a very large cluster, against that of 64."""

    def paint(accelerators: int) -> Callable[[], object]:
        plan = choose_plan(Request(preset="classic", gpus=64))
        micro = max(accelerators, plan.global_batch_size)
        run = simulate(replace(plan, world_size=accelerators, global_batch_size=micro, micro_batch_size=1))
        shape = GridShape(120, 34, plan.accelerator.per_node)
        moment = run.timeline.end_of_us(Executed(10))

        def work() -> list[str]:
            sample = run.fleet.sample(moment, run.figures.memory.total_bytes)
            return grid(sample, shape, palette(color=True), glyphs(unicode=True))

        return work

    return Row("paint the grid of 131,072 accelerators / of 64", ratio(paint(131_072), paint(64)), "x", 30.0)


def main() -> int:
    """Measure everything and print a table."""
    rows = [
        opening(),
        opening_with_incidents(),
        *with_incidents(),
        comparing(),
        *time_machine(),
        *waiting(),
        switching(),
        *narrating(),
        painting(),
    ]
    if sys.platform != "emscripten":
        import corpora  # noqa: PLC0415  # a browser has neither processes nor files
        import exports  # noqa: PLC0415
        import processes  # noqa: PLC0415

        rows += [Row(*row) for row in (*exports.rows(), *processes.rows(), *corpora.rows())]
    for row in rows:
        verdict = "ok" if row.kept else "BROKEN"
        print(f"{row.name:<62} {row.value:8.2f} {row.unit:<2}  <= {row.limit:g} {row.unit:<2} {verdict}")
    return 0 if all(row.kept for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
