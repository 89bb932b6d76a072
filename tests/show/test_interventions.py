"""What a viewer lets happen: the past stays, on the screen as well."""

import pytest
from plans import TINY
from screens import Terminal

from pysim.pretraining.injection import Injection
from pysim.pretraining.story import tell
from pysim.show.interventions import NoInterventions, Retold
from pysim.show.show import Show
from pysim.show.troubles import Refused, Trouble, matching
from pysim.story.steps import Executed
from pysim.story.story import Span, Story
from pysim.terminal.screen import Screen

SCREEN = Screen(80, 24)
STORY = tell(TINY)
AT_US = STORY.run.timeline.end_of_us(Executed(100)) + 5


class Once(NoInterventions):
    """Lets one cause happen, and notes when."""

    def __init__(self) -> None:
        self.asked: list[tuple[Story, int, str]] = []

    def possible(self, _story: Story) -> list[Trouble]:
        return [Trouble(name="gpu-off-bus", title="off", hits="accelerator")]

    def inject(self, story: Story, at_us: int, words: str) -> Retold:
        self.asked.append((story, at_us, words))
        return Retold(tell(TINY, [Injection(cause=words, at_us=at_us)]), f"{words}@here")


def show_at(time_us: int, once: Once | None) -> Show:
    return Show(iter([STORY, STORY]), SCREEN, span=Span(time_us), interventions=once)


def test_it_happens_right_after_the_moment_on_show_and_the_screen_stays() -> None:
    once = Once()
    show, terminal = show_at(AT_US, once), Terminal()
    terminal.feed(show.advance(0.0))
    before = terminal.rows
    assert show.possible()[0].name == "gpu-off-bus"
    assert show.inject("gpu-off-bus") == "", "nothing on the screen changes"
    assert terminal.rows == before
    assert (once.asked, show.injected) == ([(STORY, AT_US + 1, "gpu-off-bus")], "gpu-off-bus@here")
    assert (show.time_us, show.story is STORY) == (AT_US, False)
    terminal.feed(show.advance(6.0))
    assert "Job down" in terminal.rows[-1]
    terminal.feed(show.next())
    assert show.story is STORY, "the next run is calm again"


def test_nothing_happens_in_a_show_that_nobody_can_disturb() -> None:
    show = show_at(AT_US, None)
    show.advance(0.0)
    assert show.possible() == ()
    with pytest.raises(Refused, match="gpu-off-bus cannot be let happen here"):
        show.inject("gpu-off-bus")
    assert show.story is STORY
    assert NoInterventions().possible(STORY) == ()


NAMES = ["gpu-off-bus", "hbm-error", "gpu-error", "host-reboot", "rack-cooling"]
TROUBLES = [Trouble(name=name, title=f"Title of {name[0]}", hits="node") for name in NAMES]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", NAMES),
        ("gpu", ["gpu-off-bus", "gpu-error"]),
        (" GPU ", ["gpu-off-bus", "gpu-error"]),
        ("err", ["hbm-error", "gpu-error"]),
        ("re", ["host-reboot"]),
        ("rc", ["rack-cooling"]),
        ("of r", ["rack-cooling"]),
        ("h", ["hbm-error", "host-reboot"]),
        ("zz", []),
    ],
)
def test_a_few_letters_find_it(typed: str, found: list[str]) -> None:
    """Beginnings first, then parts of names, then titles, then letters in order; each once."""
    names = [trouble.name for trouble in matching(TROUBLES, typed)]
    assert names[: len(found)] == found
    assert len(set(names)) == len(names)
