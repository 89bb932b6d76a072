"""Every option once, as data.

The command line, its help, the completions, the manual page, the page's query string and the page's form are all made from
`OPTIONS`. Names and short flags are genact's where genact has the option.
"""

from collections.abc import Mapping

from pysim.options import values
from pysim.options.option import Names, Option

MODEL, WATCH, STOP, SHOW, OTHER = "What is trained", "How it is watched", "When it stops", "How it is shown", "Other"


def _preset_names() -> Names:
    from pysim.pretraining.planning.presets import presets  # noqa: PLC0415 - see the top

    return tuple(presets())


def _module_names() -> Names:
    from pysim.kinds import modules  # noqa: PLC0415 - see the top

    return tuple(modules())


def _model_names() -> Names:
    from pysim.catalog import models  # noqa: PLC0415 - see the top

    return tuple(models())


def _accelerator_names() -> Names:
    from pysim.catalog import accelerators  # noqa: PLC0415 - see the top

    return tuple(accelerators())


def _dataset_names() -> Names:
    from pysim.catalog import datasets  # noqa: PLC0415 - see the top

    return tuple(datasets())


OPTIONS: tuple[Option, ...] = (
    Option(
        name="preset",
        group=MODEL,
        kind=values.NAME,
        metavar="NAME",
        choices=_preset_names,
        on_page=True,
        help="a whole plan by name; the options below change parts of it",
        examples=("--preset llama3-405b --from 50%",),
    ),
    Option(
        name="model",
        group=MODEL,
        kind=values.NAME,
        metavar="NAME",
        choices=_model_names,
        on_page=True,
        help="the model to train",
    ),
    Option(
        name="accelerator",
        group=MODEL,
        kind=values.NAME,
        metavar="NAME",
        choices=_accelerator_names,
        on_page=True,
        help="the accelerator to train on",
    ),
    Option(
        name="gpus",
        group=MODEL,
        kind=values.ACCELERATORS,
        metavar="N",
        on_page=True,
        help="how many accelerators",
        examples=("--model llama-7b --accelerator a100-80gb --gpus 64",),
    ),
    Option(
        name="dataset",
        group=MODEL,
        kind=values.NAME,
        metavar="NAME",
        choices=_dataset_names,
        on_page=True,
        help="the corpus",
    ),
    Option(
        name="precision",
        group=MODEL,
        kind=values.NAME,
        metavar="FORMAT",
        choices=("fp32", "fp16", "bf16", "fp8"),
        on_page=True,
        help="number format of the matrix multiplications",
    ),
    Option(
        name="parallel",
        group=MODEL,
        kind=values.PARALLEL,
        metavar="LAYOUT",
        on_page=True,
        help="tensor, pipeline, context, expert and virtual pipeline parallelism; data parallelism takes the rest",
        examples=("--preset llama3-70b --parallel tp=8,pp=4,cp=1",),
    ),
    Option(
        name="sharding",
        group=MODEL,
        kind=values.NAME,
        metavar="KIND",
        choices=("ddp", "zero1", "zero2", "zero3", "fsdp"),
        on_page=True,
        help="what data-parallel ranks divide among themselves",
    ),
    Option(
        name="batch-tokens",
        group=MODEL,
        kind=values.TOKENS,
        metavar="TOKENS",
        on_page=True,
        help="tokens per step, such as 4M",
    ),
    Option(
        name="tokens",
        group=MODEL,
        kind=values.TOKENS,
        metavar="TOKENS",
        on_page=True,
        help="tokens over all epochs, such as 15.6T or 1e12",
    ),
    Option(
        name="epochs",
        group=MODEL,
        kind=values.COUNT,
        metavar="N",
        on_page=True,
        help="how often the data is gone through",
    ),
    Option(
        name="schedule",
        group=MODEL,
        kind=values.NAME,
        metavar="KIND",
        choices=("cosine", "linear", "wsd", "inverse-sqrt", "constant"),
        on_page=True,
        help="learning-rate schedule after the warm-up",
    ),
    Option(
        name="loss-curve",
        group=MODEL,
        kind=values.NAME,
        metavar="KIND",
        choices=("scaling-law", "exponential"),
        on_page=True,
        help="law that the loss follows",
    ),
    Option(
        name="seed",
        group=MODEL,
        kind=values.SEED,
        metavar="N",
        default=0,
        on_page=True,
        help="where all noise comes from, and what is not given: the same seed gives the same bytes",
    ),
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
        help="end there in the first run, and the show with it unless --exit-after-modules asks for more",
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
        choices=("console", "events"),
        help="console (a trainer's log) or events (every event as one JSON object a line)",
        examples=("--preset classic --view events --instant | jq .",),
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
    Option(name="inhibit", group=SHOW, help="keep the screen awake (needs the extra: pip install 'pysim[inhibit]')"),
    Option(
        name="describe",
        group=OTHER,
        help="print the plan with every derived number and its formula, and run nothing",
        examples=("--preset deepseek-v3 --gpus 4096 --describe",),
    ),
    Option(name="json", group=OTHER, help="with --describe: print it as JSON"),
    Option(name="list-modules", short="l", group=OTHER, help="list the kinds of run"),
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
