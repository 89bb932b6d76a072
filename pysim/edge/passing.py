"""What a show passes as it plays that a listener outside wants to hear: besides news, the work that was due. Pure."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from pysim.story.chapters import Chapter
from pysim.story.events import CheckpointCompleted, StepCompleted, ValidationCompleted
from pysim.story.news import News
from pysim.story.story import Story

MOST_AT_ONCE = 6  # at 10,000x hundreds go by between two looks; a listener wants the latest ones
FEW = 3  # that are told at once; each may need steps of another part of the run, which takes tens of milliseconds
LOOKS = 5  # of which one tells where there are more
_LONGEST_LOOK_BACK = 12  # chapters
_WORK = ("validation", "checkpoint")  # kinds of chapter
_LONGEST_WORK_US = 3_600_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A validation or a checkpoint when it is done."""

    time_us: int
    chapter: Chapter
    done: ValidationCompleted | CheckpointCompleted


class Passing:
    """Remembers what was played through since somebody asked; what is jumped over was not."""

    def __init__(self) -> None:
        self._news: deque[News] = deque(maxlen=MOST_AT_ONCE)
        self._since_us = self._until_us = 0
        self._looks = 0
        self._last: tuple[Chapter, Work | None] | None = None

    def play(self, story: Story, since_us: int, until_us: int) -> None:
        """Time has passed from one moment to another."""
        if until_us <= since_us:
            return
        if since_us != self._until_us:
            self._since_us = since_us
        self._until_us = until_us
        self._news.extend(story.news(since_us, until_us))

    def told(self, story: Story) -> list[News | Work]:
        """What became known or was done since somebody asked last, in order of time. Where much goes by, only now and then, and the latest of it."""
        self._looks += 1
        begun = self._begun(story)
        if len(begun) + len(self._news) > FEW and self._looks % LOOKS != 1:
            return []
        works = self._latest(story, begun) if len(begun) > FEW else self._done_of(story, begun)
        found: list[News | Work] = [*self._news, *works]
        self._news.clear()
        self._since_us = self._until_us
        return sorted(found, key=lambda each: each.time_us)

    def _begun(self, story: Story) -> list[Chapter]:
        """Work that was begun, the last first, and before that the one that may have been under way."""
        chapters, found, before_us = story.chapters(), list[Chapter](), self._until_us
        for _ in range(_LONGEST_LOOK_BACK if self._since_us < self._until_us else 0):
            chapter = chapters.before(before_us)
            if chapter.time_us >= before_us:
                break
            found += [chapter] if chapter.kind in _WORK else []
            before_us = chapter.time_us
            if before_us <= self._since_us:
                break
        return found

    def _done_of(self, story: Story, begun: list[Chapter]) -> Iterator[Work]:
        for chapter in begun:
            work = self._work(story, chapter)
            if work is not None and self._since_us < work.time_us <= self._until_us:
                yield work

    def _latest(self, story: Story, begun: list[Chapter]) -> Iterator[Work]:
        """One of each kind."""
        for kind in _WORK:
            yield from self._done_of(story, [each for each in begun if each.kind == kind][:1])

    def _work(self, story: Story, chapter: Chapter) -> Work | None:
        """That a chapter is about; none where the job went down before it was done. The last one is kept: it is asked for often."""
        if self._last is None or self._last[0] != chapter:
            self._last = chapter, _found(story, chapter)
        return self._last[1]


def _found(story: Story, chapter: Chapter) -> Work | None:
    done = ValidationCompleted if chapter.kind == "validation" else CheckpointCompleted
    for event in story.narrate(chapter.time_us, chapter.time_us + _LONGEST_WORK_US):
        time_us = event.time_us
        if isinstance(event, done):
            return Work(time_us=time_us, chapter=chapter, done=event)
        if isinstance(event, StepCompleted) and time_us > chapter.time_us:
            return None
    return None
