"""What the build of the site asks before anybody visits it: the form, what stands behind a play button, the beginning of a show."""

import json
from typing import cast

from pysim.catalog.scenarios import scenarios
from pysim.edge import protocol
from pysim.edge.browser import open_show
from pysim.options.settings import form
from pysim.pretraining.planning.presets import Preset, presets
from pysim.show.cast import record
from pysim.terminal.screen import MIN_COLUMNS, MIN_ROWS

GALLERY_POINTS = 96  # of a preset's loss curve: drawn as large as the picture of a link, it has no corners


def options_schema() -> str:
    """The page's form as JSON: `options`, one entry each, `presets` with what is trained on what and how its loss falls, and `scenarios`."""
    answer: protocol.Form = {
        "options": cast("list[protocol.OptionField]", form()),
        "presets": [_preset_entry(preset) for preset in presets().values()],
        "scenarios": [
            {
                "name": each.name,
                "title": each.title,
                "briefing": each.briefed(protocol.ON_CALL_KEY),
                "goal": each.goal,
            }
            for each in scenarios().values()
        ],
    }
    return json.dumps(answer)


def _preset_entry(preset: Preset) -> protocol.PresetEntry:
    story = open_show(f"?preset={preset.name}", MIN_COLUMNS, MIN_ROWS).show.story
    return {
        "name": preset.name,
        "title": preset.title,
        "summary": preset.introduction,
        "run": story.header.title,
        "curve": [(round(place, 4), round(loss, 3)) for place, loss in story.curve(GALLERY_POINTS)],
    }


def poster(query: str, points: int) -> str:
    """What stands behind the play button of a show that is not computed yet, as JSON; the curve with that many points."""
    story = open_show(query, MIN_COLUMNS, MIN_ROWS).show.story
    header = story.header
    answer: protocol.Poster = {
        "title": header.title,
        "cluster": f"{header.world_size:,} {header.accelerator_title}",
        "total_seconds": story.end_us / 1e6,
        "total_steps": header.total_steps,
        "curve": list(story.curve(points)),
    }
    return json.dumps(answer)


def prologue(query: str, columns: int, rows: int, seconds: float, frames_per_second: int) -> str:
    """The beginning of a show as JSON of a `Recorded`: each frame with when it is shown, and which moment of the run it is."""
    session = open_show(query, columns, rows)
    show = session.show
    frames: list[protocol.RecordedFrame] = [(0.0, session.opening, _to_the_millisecond(show.time_us))]
    for frame in record(show, seconds, frames_per_second):
        frames.append((frame.seconds, frame.text, _to_the_millisecond(show.time_us)))  # noqa: PERF401  # the show goes on meanwhile
    answer: protocol.Recorded = {
        "columns": columns,
        "rows": rows,
        "live_rows": session.show.live_rows,
        "seconds": seconds,
        "title": session.show.story.header.title,
        "total_seconds": show.end_us / 1e6,
        "frames": frames,
    }
    return json.dumps(answer, ensure_ascii=False)


def _to_the_millisecond(time_us: int) -> float:
    """Seconds of a run, with as many digits as a recording needs."""
    return round(time_us / 1e6, 3)
