"""A night on call as its link has it: what asks for it, what it says to the last byte, and how it went. Needs nothing but pysim.

`python tests/nights.py` plays `night-shift` by a careful operator and prints the night as JSON.
"""

import hashlib
import json
import sys

from pysim.edge.browser import open_show
from pysim.show.transcript import transcript
from pysim.terminal.screen import Screen

_SCREEN = Screen()


def replayed(query: str) -> dict[str, str]:
    """A night by its link: problems with it, the SHA-256 of all that it says, and its score as the page gets it."""
    session = open_show(query, _SCREEN.columns, _SCREEN.rows)
    said = hashlib.sha256()
    for line in transcript(session.show.story, _SCREEN):
        said.update(line.encode())
    session.show.seek(session.show.end_us)
    return {"problems": session.problems, "said": said.hexdigest(), "score": session.score()}


def _played() -> dict[str, str]:
    from urllib.parse import urlencode  # noqa: PLC0415 - a page replays and plays nothing

    from operators import Shift, careful  # noqa: PLC0415 - the same

    from pysim.options.commandline import parse  # noqa: PLC0415 - the same

    shift = Shift(parse(["--preset", "night-shift", "--on-call"])).play(careful)
    decided = [("decide", each.text) for each in shift.turn.decide]
    query = "?" + urlencode([("preset", "night-shift"), ("on-call", "true"), *decided])
    return {"query": query, **replayed(query)}


if __name__ == "__main__":
    json.dump(_played(), sys.stdout, indent=2)
    sys.stdout.write("\n")
