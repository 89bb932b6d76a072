"""The clock of a show."""

from pysim.show.clock import Clock
from pysim.show.tempo import Tempo

SLOW_START = Tempo((0, 10_000_000, 110_000_000), (0.0, 20.0, 30.0))  # 10 s in 20, then 100 s in 10


def test_wall_seconds_become_show_seconds_and_these_a_moment() -> None:
    clock = Clock(SLOW_START, 110_000_000, speed=2.0)
    clock.advance(5.0)
    assert (clock.show_seconds, clock.time_us) == (10.0, 5_000_000)
    clock.advance(7.5)
    assert (clock.show_seconds, clock.time_us) == (25.0, 60_000_000)


def test_it_stops_just_after_the_end() -> None:
    clock = Clock(SLOW_START, 110_000_000)
    clock.advance(1e6)
    assert (clock.ended, clock.time_us) == (True, 110_000_001)
    assert clock.show_seconds == SLOW_START.show_seconds(110_000_001)


def test_it_looks_back_at_the_speed_of_now() -> None:
    clock = Clock(SLOW_START, 110_000_000, start_us=60_000_000, speed=5.0)
    assert clock.seconds_since(10_000_000) == 1.0


def test_another_future_may_pass_in_another_time() -> None:
    clock = Clock(SLOW_START, 110_000_000, start_us=10_000_000)
    clock.replace(Tempo((0, 20_000_000), (0.0, 80.0)), 20_000_000)
    assert (clock.time_us, clock.show_seconds, clock.ended) == (10_000_000, 40.0, False)
    clock.seek(10**12)
    assert clock.time_us == 20_000_001
