"""Signals where there is no terminal to restore."""

import signal

import pytest

from pysim.edge.signals import Ended, raising_signals


def test_signals_raise_only_inside() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(Ended, match="SIGTERM"), raising_signals():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) == before
