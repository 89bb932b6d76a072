"""Run the notebooks of this folder on a corpus, each in a fresh kernel: `execute.py CORPUS PLOTS` leaves what they draw in PLOTS."""

import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent


def execute(corpus: Path, plots: Path) -> list[str]:
    """What the notebooks printed."""
    plots.mkdir(parents=True, exist_ok=True)
    os.environ.update(CORPUS=str(corpus.resolve()), PLOTS=str(plots.resolve()), MPLBACKEND="agg")
    printed = []
    for file in sorted(HERE.glob("*.ipynb")):
        notebook = nbformat.read(file, as_version=4)
        NotebookClient(
            notebook, timeout=900, kernel_name="python3", resources={"metadata": {"path": str(HERE)}}
        ).execute()
        printed.append("".join(each.get("text", "") for cell in notebook.cells for each in cell.get("outputs", ())))
    return printed


if __name__ == "__main__":
    sys.stdout.write("\n".join(execute(Path(sys.argv[1]), Path(sys.argv[2]))))
