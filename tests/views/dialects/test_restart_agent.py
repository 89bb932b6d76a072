"""A public reader of failures says of our logs what the causes' rows say beforehand; `make realism ARGS=verdicts` asks it three hundred times."""

import re

import pytest
import restart_agent
from verdicts import EXPECTED, PLAN, incident

from pysim.pretraining.injection import possible

needs_agent = pytest.mark.skipif(
    not restart_agent.is_there(), reason="NVIDIA's restart agent is not there: make restart-agent"
)
TRUTH = re.compile("|".join(rf"\b{cause}\b" for cause in EXPECTED if "-" in cause))


def test_every_cause_that_can_hit_has_its_verdict() -> None:
    assert EXPECTED.keys() == {cause.name for cause in possible(PLAN)}


@needs_agent
@pytest.mark.filterwarnings("default")
def test_the_agent_finds_what_is_expected_of_each_cause() -> None:
    wrong = []
    for number in range(len(EXPECTED)):
        told = incident(number)
        found = restart_agent.judge(told.log)
        wrong += [] if told.matches(found) else [(told.cause, told.victim, found)]
    assert len(wrong) <= len(EXPECTED) // 20, wrong


@pytest.mark.parametrize("number", range(0, 44, 4))
def test_no_log_says_what_it_truly_was(number: int) -> None:
    assert TRUTH.search(incident(number).log) is None
