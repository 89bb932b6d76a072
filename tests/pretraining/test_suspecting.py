"""Who is suspected: what the log says, what was diagnosed, and nothing that nobody can see."""

import pytest
from befalling import SMALL, incident

from pysim.pretraining.deciding import offered
from pysim.pretraining.run.decisions import Decision, Orders
from pysim.pretraining.run.luck import Incident
from pysim.pretraining.run.run import Run, simulate
from pysim.pretraining.suspecting import host_name, suspects
from pysim.story.choices import Argument

MINUTE_US = 60_000_000
AT_US = 120 * MINUTE_US
OF_ITSELF, NAMED = "its own log speaks of a fault", "named in the log"


def night(*befallen: Incident, decisions: tuple[Decision, ...] = ()) -> Run:
    return simulate(SMALL, incidents=befallen, orders=Orders(on_call=True, decisions=decisions))


def against(run: Run, time_us: int) -> dict[int, str]:
    return dict(suspects(run, time_us))


def called_us(run: Run, number: int = 0) -> int:
    return run.record.calls[number].since_us + MINUTE_US


def misdiagnosed(cause: str) -> Incident:
    """One for which the automatic diagnosis has another node than the one that was hit."""
    tried = (incident(cause, AT_US, address=index * 32) for index in range(60))
    return next(each for each in tried if night(each).record.calls[0].suspect not in (None, each.node))


def nodes_offered(run: Run, time_us: int) -> Argument:
    choice = next(each for each in offered(run, time_us) if each.name == "drain")
    return next(each for each in choice.arguments if each.name == "node")


@pytest.mark.parametrize(("cause", "why"), [("gpu-error", OF_ITSELF), ("silent-corruption", NAMED)])
def test_the_host_that_the_log_names_is_offered_though_the_diagnosis_names_another(cause: str, why: str) -> None:
    hit = misdiagnosed(cause)
    run = night(hit)
    found = against(run, called_us(run))
    assert next(iter(found.values())) == "named by the automatic diagnosis"
    assert found[hit.node] == why
    offer = nodes_offered(run, called_us(run))
    host = host_name(run, hit.node, called_us(run))
    assert (str(hit.node), f"{host}: {why}") in [(each.text, each.title) for each in offer.values]


def test_who_is_healthy_and_only_says_that_it_is_stopped_is_not_suspected() -> None:
    hit = incident("gpu-error", AT_US)
    run = night(hit)
    assert set(against(run, called_us(run))) <= {hit.node, run.record.calls[0].suspect}


def test_nothing_is_known_before_it_is_said_and_an_hour_later_it_is_past() -> None:
    hit = incident("gpu-error", AT_US)
    run = night(hit)
    assert against(run, AT_US - 1) == {}
    late_us = called_us(run) + 61 * MINUTE_US
    assert OF_ITSELF not in against(run, late_us).values()


def test_a_machine_that_is_gone_takes_what_was_said_of_it_along() -> None:
    hit = misdiagnosed("gpu-error")
    drains = Decision(action="drain", at_us=called_us(night(hit)) + MINUTE_US, node=hit.node)
    run = night(hit, decisions=(drains,))
    again_us = run.befallen[0].over_us + MINUTE_US
    assert hit.node not in against(run, again_us)


def test_what_diagnostics_have_not_found_is_said_of_a_suspect_too() -> None:
    hit = incident("gpu-error", AT_US)
    wrong = next(node for node in range(SMALL.nodes) if node != hit.node)
    at_us = called_us(night(hit))
    looks = tuple(Decision(action="diagnose", at_us=at_us + n, node=node) for n, node in enumerate((hit.node, wrong)))
    run = night(hit, decisions=looks)
    found = against(run, at_us + 20 * MINUTE_US)
    named = [each.node for each in run.record.diagnosed if each.is_named]
    assert list(found)[: len(named)] == named[::-1]
    assert all(found[node] == "named by diagnostics" for node in named)


def test_a_number_that_is_written_has_the_name_of_its_machine() -> None:
    run = night(incident("gpu-error", AT_US))
    offer = nodes_offered(run, called_us(run))
    assert offer.meaning("1") == host_name(run, 1, called_us(run))
    assert [offer.meaning(text) for text in ("", "x", "1.5", str(SMALL.nodes))] == ["", "", "", ""]
