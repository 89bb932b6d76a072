"""Every option once, as data.

The command line, its help, the completions, the manual page, the page's query string and the page's form are all made from
`OPTIONS`. What can be asked of a plan comes from the fields of its request. Names and short flags are genact's where genact has the
option.
"""

from collections.abc import Iterator, Mapping

from pysim.options import values
from pysim.options.option import Names, Option
from pysim.pretraining.planning.request import Request, offers
from pysim.views.names import WATCHED

MODEL, WATCH, STOP, SHOW, OTHER = "What is trained", "How it is watched", "When it stops", "How it is shown", "Other"


def _module_names() -> Names:
    from pysim.kinds import modules  # noqa: PLC0415 - see the top

    return tuple(modules())


_KINDS = {
    "name": values.NAME,
    "accelerators": values.ACCELERATORS,
    "layout": values.PARALLEL,
    "split": values.SPLIT,
    "ramp": values.RAMP,
    "sequence": values.SEQUENCE,
    "tokens": values.TOKENS,
    "count": values.COUNT,
    "seed": values.SEED,
    "incidents": values.INCIDENTS,
    "spares": values.SPARES,
    "checkpoint interval": values.CHECKPOINT_INTERVAL,
    "grid interval": values.GRID_INTERVAL,
    "duration": values.DURATION,
}


def _view_names() -> Names:
    from pysim.views.registry import VIEWS  # noqa: PLC0415 - see the top

    return tuple(VIEWS)


def _scenario_names() -> Names:
    from pysim.catalog.scenarios import scenarios  # noqa: PLC0415 - see the top

    return tuple(scenarios())


def _plan_options() -> Iterator[Option]:
    """What can be asked of a plan."""
    defaults = Request()
    for field, offer in offers():
        yield Option(
            name=field.replace("_", "-"),
            group=MODEL,
            kind=_KINDS[offer.kind],
            metavar=offer.metavar,
            default=getattr(defaults, field),
            choices=offer.names,
            on_page=True,
            help=offer.help,
            examples=offer.examples,
        )


OPTIONS: tuple[Option, ...] = (
    *_plan_options(),
    Option(
        name="start",
        group=MODEL,
        kind=values.START,
        metavar="WHEN",
        on_page=True,
        help="when the job starts: an ISO date and time (UTC unless it names a zone) or now; fixed by the plan otherwise",
    ),
    Option(
        name="modules",
        short="m",
        group=MODEL,
        kind=values.NAME,
        metavar="MODULE",
        default=(),
        choices=_module_names,
        repeatable=True,
        on_page=True,
        help="kinds of run to take turns, in an order drawn from the seed (repeatable); without it, all of them",
    ),
    Option(
        name="speed-factor",
        short="s",
        group=WATCH,
        kind=values.SPEED,
        metavar="FACTOR",
        default=1.0,
        on_page=True,
        help="watch faster or slower; the story's numbers stay the same",
    ),
    Option(
        name="tempo",
        group=WATCH,
        kind=values.TEMPO,
        metavar="TEMPO",
        default="show",
        on_page=True,
        help="show (made for watching), real (one second takes one second) or how long a whole run takes, such as 4m",
        examples=("--preset gpt2-124m --tempo 4m",),
    ),
    Option(
        name="from",
        group=WATCH,
        kind=values.POSITION,
        metavar="PLACE",
        on_page=True,
        help="begin there in the first run: 3d4h, 1:30:00, step:118000 or 50%",
    ),
    Option(
        name="until",
        group=WATCH,
        kind=values.POSITION,
        metavar="PLACE",
        on_page=True,
        help="end there in the first run (after a step, before a time), and the show with it unless --exit-after-modules asks for more",
    ),
    Option(
        name="inject",
        group=WATCH,
        kind=values.INJECTION,
        metavar="CAUSE@PLACE",
        default=(),
        repeatable=True,
        on_page=True,
        help="let something happen in the first run: a cause at a place, and ,gpu=N ,node=N or ,rack=N for where (repeatable)",
        examples=("--preset llama3-405b --inject gpu-off-bus@step:200,node=3 --from step:190",),
    ),
    Option(
        name="compare",
        group=WATCH,
        kind=values.COMPARISON,
        metavar="OPTION=VALUE",
        default=(),
        repeatable=True,
        on_page=True,
        help=(
            "the first run beside the same run with one thing changed, on the same luck (repeatable, up to 3): two curves and what "
            "differs, so far and at the end; a table where no terminal is, or with --instant"
        ),
        examples=("--preset llama3-405b --compare checkpoint-every=500 --from 30%",),
    ),
    Option(
        name="on-call",
        group=WATCH,
        on_page=True,
        help="what goes wrong waits for a decision: the show stops when something shows, and a panel (key c) offers what can be done",
        examples=("--preset night-shift --on-call",),
    ),
    Option(
        name="decide",
        group=WATCH,
        kind=values.DECISION,
        metavar="ACTION@PLACE",
        default=(),
        repeatable=True,
        on_page=True,
        help="decide something in the first run: drain, restart, skip, rate, wait, diagnose, spares or maintenance at a place, "
        "and ,node=N ,checkpoint=STEP ,batches=N ,factor=F ,count=N where it takes them (repeatable)",
        examples=("--preset llama3-405b --on-call --inject gpu-off-bus@step:200,node=3 --decide drain@4h,node=3",),
    ),
    Option(
        name="scenario",
        group=WATCH,
        kind=values.NAME,
        metavar="SCENARIO",
        choices=_scenario_names,
        on_page=True,
        help="be on call in a situation with a goal, see --list-scenarios; other options outweigh its own",
        examples=("--scenario one-bad-gpu",),
    ),
    Option(
        name="instant",
        group=WATCH,
        help="do not wait: write plain lines as fast as possible; one run, unless --exit-after-modules says how many",
        examples=("--preset classic --instant > run.log",),
    ),
    Option(
        name="instant-print-lines",
        short="i",
        group=WATCH,
        kind=values.LINES,
        metavar="N",
        default=0,
        help="print the first N lines at once",
    ),
    Option(
        name="exit-after-time",
        group=STOP,
        kind=values.DURATION,
        metavar="TIME",
        help="stop after this much time on the clock, such as 30s or 2h10m",
    ),
    Option(
        name="exit-after-modules", group=STOP, kind=values.COUNT, metavar="N", help="stop after this many whole runs"
    ),
    Option(
        name="view",
        group=SHOW,
        kind=values.NAME,
        metavar="VIEW",
        default="console",
        choices=_view_names,
        on_page=True,
        page_choices=WATCHED,
        help="console (a trainer's log), dashboard (one still screen: curves, fleet, lost time; key d), compare (see --compare; key d), events (one JSON object a line), or the words of another program, such as megatron (key v)",
        examples=(
            "--preset llama3-405b --view dashboard --from 30%",
            "--preset classic --view events --instant | jq .",
            "--preset llama3-70b --view megatron --instant > megatron.log",
        ),
    ),
    Option(
        name="log-every",
        group=SHOW,
        kind=values.LOG_INTERVAL,
        metavar="N",
        on_page=True,
        help="steps in a line of the log, by their means; auto: one, or what the program whose words are shown has by default",
    ),
    Option(
        name="node",
        group=SHOW,
        kind=values.NODE,
        metavar="N",
        on_page=True,
        help="whose words to show where machines speak (kernel, nvidia-smi, dcgmi): a node's number, or all",
        examples=("--preset llama3-70b --inject gpu-off-bus@50%,node=3 --view kernel --node 3 --from 49%",),
    ),
    Option(
        name="show",
        group=SHOW,
        kind=values.PARTS,
        metavar="PARTS",
        default=(),
        on_page=True,
        help="only these parts of the screen, apart by commas: log, curve, fleet, numbers, timeline; all that the view has otherwise",
        examples=("--preset llama3-8b --show curve --from step:1 --until step:2000",),
    ),
    Option(
        name="size",
        group=SHOW,
        kind=values.SIZE,
        metavar="COLSxROWS",
        help="columns and rows to fill: at most what the terminal has, or the width of plain lines",
    ),
    Option(
        name="color",
        group=SHOW,
        kind=values.NAME,
        metavar="WHEN",
        default="auto",
        choices=("auto", "always", "never"),
        help="colours: always, never or auto (on a terminal, unless TERM is dumb; as NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE and CLICOLOR say)",
    ),
    Option(
        name="inhibit", group=SHOW, help="keep the screen awake (needs the extra: pip install 'pysim-llm[inhibit]')"
    ),
    Option(
        name="describe",
        group=OTHER,
        help="print the plan with every derived number and its formula, and run nothing",
        examples=("--preset deepseek-v3 --gpus 4096 --describe",),
    ),
    Option(name="json", group=OTHER, help="with --describe or --compare: print it as JSON"),
    Option(name="list-modules", short="l", group=OTHER, help="list the kinds of run"),
    Option(name="list-scenarios", group=OTHER, help="list the situations to be on call in, with their goals"),
    Option(
        name="print-completions",
        group=OTHER,
        kind=values.NAME,
        metavar="SHELL",
        choices=("bash", "zsh", "fish"),
        help="print completions for bash, zsh or fish",
    ),
    Option(name="print-manpage", group=OTHER, help="print the manual page"),
    Option(name="version", short="V", group=OTHER, help="print the version"),
    Option(name="help", short="h", group=OTHER, help="print this help"),
)
BY_NAME: Mapping[str, Option] = {option.name: option for option in OPTIONS}
