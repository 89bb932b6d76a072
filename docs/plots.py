"""The README's plots, drawn with matplotlib (`pip install --group docs`). Run with `make docs`.

Each plot is a function that draws on the axes it is given; `PLOTS` says into which file. The files are the same bytes
whenever they are drawn by the same matplotlib: no date, no random ids.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

sys.path.append(str(Path(__file__).parent.parent / "tests"))

from realism.comparison import tokens_per_second
from realism.published import published_runs
from realism.record import MEDIAN_LIMIT, ROW_LIMIT

HERE = Path(__file__).parent
FIGURE_INCHES = (7.2, 4.8)
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "pysim",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
}
FITTED, HELD_OUT, LINES = "#9aa5b1", "#c2410c", "#475569"
FROM, TO = 15.0, 400_000.0  # tokens per second and accelerator


def throughput(axes: Axes) -> None:
    """Predicted over reported throughput, log-log; fitted and held-out rows apart."""
    axes.set(xscale="log", yscale="log", xlim=(FROM, TO), ylim=(FROM, TO))
    axes.set(xlabel="reported, tokens/s per accelerator", ylabel="predicted, tokens/s per accelerator")
    axes.plot((FROM, TO), (FROM, TO), color=LINES, linewidth=0.8)
    for share, shade in ((ROW_LIMIT, 0.08), (MEDIAN_LIMIT, 0.12)):
        low, high = [end * (1 - share) for end in (FROM, TO)], [end * (1 + share) for end in (FROM, TO)]
        axes.fill_between((FROM, TO), low, high, color=LINES, alpha=shade, linewidth=0, label=f"within {share:.0%}")
    for fit, color, marker, name in ((True, FITTED, "o", "fitted"), (False, HELD_OUT, "D", "held out")):
        points = [tokens_per_second(row) for row in published_runs().throughput if row.fit is fit]
        predicted, reported = zip(*points, strict=True)
        axes.scatter(
            reported,
            predicted,
            s=18,
            color=color,
            marker=marker,
            linewidths=0,
            zorder=3,
            label=f"{len(points)} {name}",
            gid=f"{name.replace(' ', '-')}-{len(points)}",
        )
    axes.legend(loc="upper left")


PLOTS: Mapping[str, Callable[[Axes], None]] = MappingProxyType({"throughput.svg": throughput})
"""What draws each file; a further plot is one more row."""


def main() -> None:
    """Draw every plot."""
    with mpl.rc_context(STYLE):
        for name, draw in PLOTS.items():
            figure = Figure(figsize=FIGURE_INCHES, layout="constrained")
            draw(figure.add_subplot())
            figure.savefig(HERE / name, metadata={"Date": None})


if __name__ == "__main__":
    main()
