"""The registry of modules, and playlists made of them."""

from itertools import islice, pairwise

import pytest
from made_plans import is_joke

from pysim.catalog import UnknownName
from pysim.kinds import KINDS, Module, modules, playlist
from pysim.options.table import OPTIONS
from pysim.pretraining.planning.presets import presets
from pysim.story.kind import Kind


def titles(names: list[str], seed: int, count: int) -> list[str]:
    return [module.name for module, _ in islice(playlist(names, seed), count)]


def test_tech_02_every_kind_of_run_is_a_module_in_one_registry() -> None:
    """TECH-02: a name, a signature and a run, listed in one registry."""
    assert set(modules()) == {*presets(), "random"}
    for name, module in modules().items():
        assert module.name == name
        assert module.summary


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_kind_of_run_chooses_tells_and_describes(kind: Kind) -> None:
    module = next(module for module in modules().values() if module.kind is kind)
    plan = module.plan(7)
    assert kind.tell(plan).header.kind == kind.name
    assert kind.describe(plan).rows


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_what_a_kind_of_run_can_be_asked_for_are_options(kind: Kind) -> None:
    assert set(kind.options) <= {option.field for option in OPTIONS}


@pytest.mark.parametrize("module", [pytest.param(module, id=name) for name, module in modules().items()])
def test_tech_02_a_module_makes_a_plan_and_signs_it(module: Module) -> None:
    plan = module.plan(7, start=1000)
    assert plan.seed == 7
    assert plan.start_time == 1000
    assert plan == module.plan(7, start=1000)
    assert f"--model {plan.model.name}" in module.signature(plan)
    assert f"nodes {plan.nodes} " in module.signature(plan)


def test_random_never_jokes_twice_in_a_row() -> None:
    jokes = [is_joke(modules()["random"].plan(seed)) for seed in range(60)]
    assert any(jokes)
    assert not any(one and next_one for one, next_one in pairwise(jokes))


def test_random_is_another_run_with_every_seed() -> None:
    plans = [modules()["random"].plan(seed) for seed in range(12)]
    assert len({plan.model.name for plan in plans}) > 6
    assert len({plan.accelerator.name for plan in plans}) > 4


def test_adv_01_a_playlist_has_runs_of_different_kinds() -> None:
    """ADV-01: several runs of different kinds, each as often as the others, none twice in a row."""
    names = list(modules())
    played = titles([], 5, 10 * len(names))
    assert all(sorted(played[at : at + len(names)]) == sorted(names) for at in range(0, len(played), len(names)))
    assert all(one != following for one, following in pairwise(played))


@pytest.mark.parametrize("seed", range(20))
def test_adv_01_two_modules_take_turns(seed: int) -> None:
    played = titles(["classic", "potato"], seed, 30)
    assert all(one != following for one, following in pairwise(played))


def test_adv_01_seeds_count_up() -> None:
    assert [seed for _, seed in islice(playlist([], 41), 5)] == [41, 42, 43, 44, 45]


def test_adv_01_one_module_comes_again_with_the_next_seed() -> None:
    played = [(module.name, seed) for module, seed in islice(playlist(["classic"], 3), 3)]
    assert played == [("classic", 3), ("classic", 4), ("classic", 5)]


def test_adv_01_a_playlist_follows_from_its_seed() -> None:
    assert titles([], 1, 50) == titles([], 1, 50)
    assert titles([], 1, 50) != titles([], 2, 50)


def test_adv_01_a_name_that_is_given_twice_counts_once() -> None:
    assert sorted(titles(["potato", "classic", "potato"], 0, 2)) == ["classic", "potato"]


def test_an_unknown_module_is_refused_at_once() -> None:
    with pytest.raises(UnknownName, match="unknown module 'clasic'; did you mean 'classic'"):
        playlist(["clasic"], 0)
