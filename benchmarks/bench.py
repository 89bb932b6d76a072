"""What pysim promises about speed, measured: ratios only, both sides in the same process, medians of alternating rounds.

Run with `make bench`. It also runs under Pyodide, where the rows that start processes are left out. Exit code 1 if a promise
is broken.
"""

import re
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from operator import attrgetter
from time import perf_counter

from pysim.edge.browser import open_show
from pysim.edge.playlist import stories
from pysim.edge.staging import opening as opening_of
from pysim.options.commandline import parse
from pysim.options.settings import Settings
from pysim.pretraining.narrate import narrate
from pysim.pretraining.plan import Plan
from pysim.pretraining.planning.choose import Request, choose_plan
from pysim.pretraining.run.run import Run, simulate
from pysim.pretraining.story import PretrainingStory, header
from pysim.show.lines import pour
from pysim.show.player import FRAME_SECONDS, Player
from pysim.show.staging import Staging, plain_lines
from pysim.show.transcript import PAGE
from pysim.story.events import StepCompleted, StepsReported
from pysim.story.steps import Executed
from pysim.story.story import Span
from pysim.terminal.ansi import palette
from pysim.terminal.screen import Screen
from pysim.views.console.console import Console
from pysim.views.console.grid import GridShape, grid
from pysim.views.console.prefix import Prefix
from pysim.views.glyphs import glyphs
from pysim.views.registry import VIEWS, cadence
from pysim.views.timeline import Timeline

ROUNDS = 9
STEPS = 4096
PLACES = 25  # in a run, that one looks at
WIDE, USUAL = Screen(200, 50), Screen(80, 24)


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


def ratio(ours: Callable[[], object], theirs: Callable[[], object]) -> float:
    """Median time of `ours` over that of `theirs`, taken in turn."""
    ours(), theirs()
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(ROUNDS)]
    return statistics.median(a for a, _ in pairs) / statistics.median(b for _, b in pairs)


def seconds(work: Callable[[], object]) -> float:
    """How long one call takes."""
    start = perf_counter()
    work()
    return perf_counter() - start


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


def year_of_incidents() -> tuple[Plan, Plan]:
    """About a year on 131,072 accelerators in which 20,000 incidents befall a run, and the same run with incidents off.

    Both show all accelerators every 10 steps, not at changes, of which a calm run has none: so their frames show as much.
    """
    request = Request(
        preset="llama3-405b", gpus=131_072, batch_tokens=2**27, tokens=250 * 10**12, epochs=1000, incidents=0.8
    )
    plan = replace(choose_plan(request), grid_interval=10)
    return plan, replace(plan, incident_factor=0.0)


def opening_with_incidents() -> Row:
    """A run with thousands of incidents opens in its middle."""
    befallen, calm = year_of_incidents()
    value = ratio(lambda: open_in_the_middle(befallen), lambda: open_in_the_middle(calm))
    return Row("open a year of 20,000 incidents at 50 % / with none", value, "x", 5.0)


def with_incidents() -> list[Row]:
    """Looking into a run with thousands of incidents, against the same run without."""
    befallen, calm = (PretrainingStory(simulate(plan)) for plan in year_of_incidents())
    names = ("seek to a frame of that year", "tell a moment of that year")
    return [
        Row(f"{name} / of one without incidents", ratio(look(befallen), look(calm)), "x", 1.5)
        for name, look in zip(names, (seek_about, tell_moments), strict=True)
    ]


def seek_about(story: PretrainingStory) -> Callable[[], object]:
    """Frames from all over a run."""
    player = Player(story, USUAL)
    places = [story.end_us * (2 * place + 1) // (2 * PLACES) for place in range(PLACES)]
    return lambda: [player.seek(place_us) for place_us in places]


def tell_moments(story: PretrainingStory) -> Callable[[], object]:
    """What the live region shows, all over a run."""
    places = [story.end_us * (2 * place + 1) // (16 * PLACES) for place in range(8 * PLACES)]
    return lambda: [story.moment(place_us) for place_us in places]


def comparing() -> Row:
    """A comparison opens in the middle, the other run and the curves of both included, in the time of two runs."""
    settings = parse(["--preset", "llama3-405b", "--compare", "checkpoint-every=100", "--from", "50%"])
    alone = replace(settings, compare=(), view="console")
    value = ratio(lambda: opened(settings), lambda: opened(alone))
    return Row("open a comparison / open its run", value, "x", 2.0)


def opened(settings: Settings) -> str:
    """From options to a painted screen."""
    return opening_of(stories(settings, 0), settings, USUAL).show().advance(0.0)


def time_machine() -> list[Row]:
    """Going anywhere in a year of 20,000 incidents, against a frame as it is played.

    Such a frame takes half a millisecond to a whole one, and two to three under Pyodide: 100 of them are what a viewer does not wait for.
    """
    story = PretrainingStory(simulate(year_of_incidents()[0]))
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


def deciding() -> Row:
    """What a night becomes by a decision in its first hour, and the screen with it: nobody waits for that."""
    session = open_show("preset=night-shift&on-call", USUAL.columns, USUAL.rows)
    call_us, _ = session.show.story.next_call(0) or (0, 0)
    taken = []
    for late in range(ROUNDS):
        session = open_show("preset=night-shift&on-call", USUAL.columns, USUAL.rows)
        session.command("seek", str(call_us / 1e6 + late))
        taken.append(1e3 * seconds(partial(session.command, "decide", "drain,node=173")))
        assert not session.refusal, session.refusal  # noqa: S101  # a benchmark of nothing is worthless
    return Row("decide something in a night", statistics.median(taken), "ms", 300.0)


def explaining() -> list[Row]:
    """A line is explained before anybody waits for it, the texts' first reading included; the code is there by then, as after an archive's arrival."""
    import pysim.pretraining.explaining.compose  # noqa: F401, PLC0415

    story = PretrainingStory(simulate(choose_plan(Request(preset="classic"))))
    limit = 150.0 if sys.platform == "emscripten" else 50.0
    player = Player(story, USUAL, span=Span(story.end_us // 2))
    player.advance(0.0)
    first, *more = (1e3 * seconds(lambda: explain_newest(player)) for _ in range(ROUNDS))
    return [
        Row("explain a line for the first time", first, "ms", limit),
        Row("explain a line", statistics.median(more), "ms", limit),
    ]


def explain_newest(player: Player) -> object:
    """As a click on the last line of the log does."""
    subject = player.subject_at(player.live_rows, 0)
    return subject and player.explained(subject)


def narrating() -> list[Row]:
    """Narrating and rendering steps, against formatting the same line from ready-made lists."""
    run = simulate(run_of(20_000, grid_interval=10**9, validation_interval=20_000, checkpoint_interval=20_000))
    since, until = run.timeline.start_of_us(Executed(5_000)), run.timeline.start_of_us(Executed(5_000 + STEPS))

    def ours() -> None:
        console = Console(header(run), WIDE)
        for event in narrate(run, since, until):
            console.lines(event)

    bare = bare_loop(run)
    return [
        Row("narrate and render a step / format it with one f-string", ratio(ours, bare), "x", 2.0),
        Row("a whole --instant into a file / that loop", ratio(instant(run, since, until), bare), "x", 4.0),
        Row(
            "write steps in Megatron-LM's words / format them with one f-string",
            ratio(in_other_words(run, since, until), bare_words(run, since, until)),
            "x",
            2.0,
        ),
    ]


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


def in_other_words(run: Run, since_us: int, until_us: int) -> Callable[[], object]:
    """A trainer's lines of steps that are told already."""
    story, make = PretrainingStory(run), VIEWS["megatron"]
    told, view = list(story.narrate(since_us, until_us, *cadence(make, 1))), make(story.header, PAGE)
    return lambda: [view.lines(event) for event in told]


def bare_words(run: Run, since_us: int, until_us: int) -> Callable[[], object]:
    """The same lines from ready-made lists with one f-string."""
    story, make = PretrainingStory(run), VIEWS["megatron"]
    view, told = make(story.header, PAGE), story.narrate(since_us, until_us, *cadence(make, 1))
    lines = [view.lines(event)[0] for event in told if isinstance(event, StepsReported)]
    rows = [_WORDS.fullmatch(line).groups() for line in lines]  # type: ignore[union-attr]  # all are of this shape
    kinds = (str, int, int, float, float, float, int, float, float, float, int)
    columns = [[kind(text) for text in column] for kind, column in zip(kinds, zip(*rows, strict=True), strict=True)]
    total = run.plan.total_steps

    def loop() -> list[str]:
        return [
            f" [{stamp}] iteration {step:8d}/{total:8d} | consumed samples: {samples:12d} | elapsed time per iteration (ms): "
            f"{milliseconds:.1f} | throughput per GPU (TFLOP/s/GPU): {tflops:.1f} | learning rate: {lr:.6E} | global batch "
            f"size: {size:5d} | lm loss: {loss:.6E} | loss scale: {scale:.1f} | grad norm: {norm:.3f} | number of skipped "
            f"iterations: {skipped:3d} | number of nan iterations:   0 |"
            for stamp, step, samples, milliseconds, tflops, lr, size, loss, scale, norm, skipped in zip(
                *columns, strict=True
            )
        ]

    assert loop() == lines, "the bare loop must write the same lines"  # noqa: S101  # a benchmark of something else is worthless
    return loop


_NUMBER = r"([\d.E+-]+)"
_WORDS = re.compile(
    rf" \[(.*?)\] iteration +(\d+)/ *\d+ \| consumed samples: +(\d+) \| elapsed time per iteration \(ms\): {_NUMBER} \| throughput per "
    rf"GPU \(TFLOP/s/GPU\): {_NUMBER} \| learning rate: {_NUMBER} \| global batch size: +(\d+) \| lm loss: {_NUMBER} \| loss scale: "
    rf"{_NUMBER} \| grad norm: {_NUMBER} \| number of skipped iterations: +(\d+) \| number of nan iterations:   0 \|"
)


def bare_loop(run: Run) -> Callable[[], object]:
    """The same step lines from ready-made lists with one f-string, nothing else."""
    p, plan = palette(color=True), run.plan
    steps = [e for e in narrate(run, run.timeline.start_of_us(Executed(5_000))) if isinstance(e, StepCompleted)][:STEPS]
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
        deciding(),
        *explaining(),
        *narrating(),
        painting(),
    ]
    if sys.platform != "emscripten":
        import exports  # noqa: PLC0415  # a browser has neither processes nor files
        import processes  # noqa: PLC0415

        rows += [Row(*row) for row in (*exports.rows(), *processes.rows())]
    for row in rows:
        verdict = "ok" if row.kept else "BROKEN"
        print(f"{row.name:<62} {row.value:8.2f} {row.unit:<2}  <= {row.limit:g} {row.unit:<2} {verdict}")
    return 0 if all(row.kept for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
