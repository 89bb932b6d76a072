"""Programs that look into the log of any trainer: they find where a run is and how it goes."""

import re
from pathlib import Path

import pytest
from lives import log_of
from runwise import RunAnalyzer, RunwiseConfig


@pytest.mark.parametrize(
    ("view", "life", "loss"),
    [
        ("torchtitan", "life", r"step: 300\s+loss:\s+([\d.]+)"),
        ("llmc", "life", r"val loss ([\d.]+)"),
        ("nanogpt", "life", r"step 300: train loss ([\d.]+)"),
    ],
)
def test_runwise_finds_the_step_and_the_loss(view: str, life: str, loss: str, tmp_path: Path) -> None:
    log = "\n".join(log_of(view, life, 20))
    run = tmp_path / "run-20260105_090000-a1b2c3d4"
    (run / "files").mkdir(parents=True)
    (run / "files" / "output.log").write_text(log)
    (tmp_path / "latest-run").symlink_to(run)
    found = RunAnalyzer(RunwiseConfig(wandb_dir=tmp_path)).get_live_status()
    (last,) = re.findall(loss, log)[-1:]
    assert "Current Step: 300" in found
    assert f"Loss: {float(last):.4f}" in found
