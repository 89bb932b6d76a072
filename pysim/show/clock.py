"""The clock of a show: wall seconds become show seconds, and these the moments of a run. It never reads the time itself."""

from pysim.show.tempo import Tempo

_SLOWEST, _FASTEST = 0.01, 1e6


class Clock:
    """Where a show is in a run that is over at `end_us`; it stops at `until_us`, after all that happens at the end by default."""

    def __init__(
        self, tempo: Tempo, end_us: int, *, start_us: int = 0, until_us: int | None = None, speed: float = 1.0
    ) -> None:
        self.paused = False
        self.speed = speed
        self.stop_us: int | None = None  # time does not pass by itself beyond it
        self._pause_at_us: int | None = None
        self.load(tempo, end_us, start_us=start_us, until_us=until_us)

    def load(self, tempo: Tempo, end_us: int, *, start_us: int = 0, until_us: int | None = None) -> None:
        """Begin another run, at the same speed."""
        self.start_us = start_us
        self._wanted_until_us = until_us
        self._pause_at_us = None
        self.time_us = start_us
        self.replace(tempo, end_us)

    def replace(self, tempo: Tempo, end_us: int) -> None:
        """The same moment of a run that may go on, and pass, in another way."""
        wanted_us = self._wanted_until_us
        self._end_us = end_us
        self._until_us = end_us + 1 if wanted_us is None else min(wanted_us, end_us + 1)
        self.tempo = tempo
        self.show_seconds = tempo.show_seconds(self.time_us)

    @property
    def stops_at_us(self) -> int | None:
        """Where it was told to stop before the run is over."""
        return None if self._until_us > self._end_us else self._until_us

    @property
    def ended(self) -> bool:
        """Whether everything was shown."""
        return self.time_us >= self._until_us

    def advance(self, wall_seconds: float) -> None:
        """Let wall time pass. A moment may fall between two of the show; rounding takes no step back."""
        show_seconds = self.show_seconds + wall_seconds * self.speed
        stop_us = None if self.stop_us is None else max(self.stop_us, self.time_us)
        most_us = min(end for end in (self._until_us, self._pause_at_us, stop_us) if end is not None)
        self.time_us = min(max(self.tempo.run_us(show_seconds), self.time_us), most_us)
        is_there = self.time_us >= most_us
        self.show_seconds = self.tempo.show_seconds(self.time_us) if is_there else show_seconds
        if self._pause_at_us is not None and self.time_us >= min(self._pause_at_us, self._until_us):
            self._pause_at_us, self.paused = None, True

    def pause_at(self, time_us: int) -> None:
        """Play on, and stand still at a moment; a jump, or the next such wish, takes the wish back."""
        self._pause_at_us, self.paused = time_us, False

    def seek(self, time_us: int) -> None:
        """Jump to a moment of the run."""
        self._pause_at_us = None
        self.time_us = min(max(time_us, 0), self._until_us)
        self.show_seconds = self.tempo.show_seconds(self.time_us)

    def skip(self, show_seconds: float) -> None:
        """Jump by seconds of show."""
        self.seek(self.tempo.run_us(max(self.show_seconds + show_seconds, 0.0)))

    def set_speed(self, factor: float) -> None:
        """Show seconds per second, within bounds."""
        self.speed = min(max(factor, _SLOWEST), _FASTEST)

    def seconds_since(self, time_us: int) -> float:
        """How long ago a moment was on show, at the present speed."""
        return (self.show_seconds - self.tempo.show_seconds(time_us)) / self.speed
