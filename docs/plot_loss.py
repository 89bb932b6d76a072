"""Draws simulated loss curves over the losses that real runs logged: `python docs/plot_loss.py` writes docs/loss.svg.

Needs matplotlib (dependency group `docs`). The picture has the same bytes each time: no date, fixed ids, text as text.
"""

import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "tests"))

from realism.loss_anchors import Series, all_series  # noqa: E402  # lies beside this folder

from pysim.physics.loss import noise_sigma, noise_tail, train_loss, with_upper_tail  # noqa: E402  # as above
from pysim.story.noise import Stream  # noqa: E402  # as above

PICTURE = HERE / "loss.svg"
SHOWN = {"gpt2-124m": "tab:blue", "megatron-15b": "tab:red"}
SEED = 0
POINTS = 700  # of a curve, evenly spaced on the logarithmic axis: more could not be told apart
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "pysim",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "path.simplify": False,
}


def draw(path: Path = PICTURE) -> None:
    """Both runs in one picture, saved to `path`."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.0, 4.5), layout="constrained")
        axes = figure.add_subplot()
        for name, color in SHOWN.items():
            _draw_run(axes, all_series()[name], color)
        _label(axes)
        figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})


def _draw_run(axes: Axes, series: Series, color: str) -> None:
    steps = np.unique(np.geomspace(1, series.law.total_steps, POINTS).astype(np.int64))
    axes.plot(
        steps, simulated(series, steps), color=color, linewidth=0.8, alpha=0.8, label=f"{series.title}, simulated"
    )
    logged = np.array([(step + 1 - series.first_step, loss) for step, loss in series.anchors])
    axes.plot(
        logged[:, 0],
        logged[:, 1],
        "o",
        color=color,
        markeredgecolor="black",
        markersize=5,
        label=f"{series.title}, logged",
    )


def simulated(series: Series, steps: NDArray[np.int64]) -> NDArray[np.float64]:
    """Training loss with its noise, as a run of that batch size prints it, at each step; same shape."""
    tokens = series.law.tokens_per_step
    noise = with_upper_tail(Stream(SEED, "loss").normals(0, series.law.total_steps + 1)[steps], noise_tail(tokens))
    return np.round(train_loss(series.law, steps) + noise_sigma(tokens) * noise, 4)


def _label(axes: Axes) -> None:
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda step, _position: f"{step:,.0f}"))
    axes.set_xlabel("optimizer step")
    axes.set_ylabel("training loss (nats per token)")
    axes.set_xlim(0.9, 70_000)
    axes.grid(visible=True, linewidth=0.3)
    axes.legend(frameon=False)


if __name__ == "__main__":
    draw()
