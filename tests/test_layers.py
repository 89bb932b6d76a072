"""Which package may import which: one direction, no exception. Read from the syntax trees of all modules."""

import ast
import sys
from collections.abc import Iterator

import pytest
from source import MODULES, imported, own_imports, within

LEAF = "wording"  # what any of them may import
RUN = {"catalog", "physics", "story"}
LAYERS: dict[str, set[str]] = {
    LEAF: set(),
    "terminal": set(),
    "catalog": set(),
    "physics": {"catalog"},
    "story": set(),
    "pretraining.plan": RUN,
    "pretraining.names": RUN | {"pretraining.plan"},
    "pretraining.starting": RUN | {"pretraining.plan"},
    "pretraining.ramp": RUN | {"pretraining.plan"},
    "pretraining.figures": RUN | {"pretraining.plan", "pretraining.starting", "pretraining.ramp"},
    "pretraining.hazard": RUN | {"pretraining.plan"},
    "pretraining.looking": RUN | {"pretraining.plan"},
    "pretraining.planning": RUN
    | {"pretraining.plan", "pretraining.names", "pretraining.ramp", "pretraining.figures", "pretraining.hazard"}
    | {"pretraining.looking"},
    "pretraining.run": RUN
    | {"pretraining.plan", "pretraining.starting", "pretraining.ramp", "pretraining.figures", "pretraining.hazard"},
    "pretraining.scenes": RUN | {"pretraining.plan", "pretraining.looking", "pretraining.names", "pretraining.run"},
    "pretraining": RUN,
    "narrate": {"pretraining"},
    "kinds": RUN | {"pretraining"},
    "views": {"story", "terminal"},
    "show": {"story", "terminal", "views"},
    "export": {"story", "terminal", "views", "show"},
    "options": RUN | {"pretraining", "kinds", "terminal", "views", "export"},
    "export.corpus": RUN | {"terminal", "views", "export", "options"},
    "edge": RUN | {"pretraining", "kinds", "terminal", "views", "show", "export", "options"},
    "__main__": {"edge"},
    "__init__": {"pretraining", "terminal", "show"},
}
"""What each may import besides itself, from below to the top. Who writes text, shows it or exports it knows no plan,
no figures and no scene: what is needed beside events stands in the story's header."""
LIBRARIES = {
    "numpy": {"story", "physics", "pretraining", "views", "show.tempo", "export", "edge.cli"},
    "dask": {"edge.cluster"},
    "distributed": {"edge.cluster"},
    "fsspec": {"export.corpus.place"},
    "pyarrow": {"export.arrow", "export.parquet", "export.table_file", "export.corpus"},
    "wakepy": {"edge.cli"},
    "tensorboardX": {"export.trackers.tensorboard"},
    "mlflow": {"export.trackers.mlflow"},
    "sqlalchemy": {"export.trackers.mlflow"},
    "wandb": {"export.trackers.wandb"},
}
"""Who may import what does not come with Python; the command line asks for NumPy only to say that it is missing."""


def layer_of(name: str) -> str:
    """The entry of the table that speaks of a module, the most particular one."""
    parts = name.split(".")
    candidates = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next(candidate for candidate in candidates if candidate in LAYERS)


@pytest.mark.parametrize("name", sorted(MODULES))
def test_imports_point_one_way(name: str) -> None:
    layer = layer_of(name)
    strangers = {other for other in own_imports(name) if not within(other, LAYERS[layer] | {layer, LEAF})}
    assert strangers == set()


def test_every_layer_is_above_what_it_imports() -> None:
    order = list(LAYERS)
    assert all(order.index(below) < order.index(layer) for layer, allowed in LAYERS.items() for below in allowed)


def test_every_layer_is_there() -> None:
    there = {layer for layer in LAYERS if any(within(name, {layer}) for name in MODULES)}
    assert there == LAYERS.keys()


@pytest.mark.parametrize("name", sorted(MODULES))
def test_libraries_are_imported_where_they_may_be(name: str) -> None:
    foreign = {full for full in imported(MODULES[name]) if not within(full, {"pysim", *sys.stdlib_module_names, ""})}
    assert {full for full in foreign if not within(name, LIBRARIES.get(full.partition(".")[0], ()))} == set()


def test_imports_have_no_circle() -> None:
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, f"{' -> '.join(path)} -> {name}"
        if name not in done:
            for other in own_imports(name):
                visit(other, (*path, name))
            done.add(name)

    for name in MODULES.keys() - {"__init__"}:
        visit(name, ())


def packages() -> Iterator[str]:
    """Packages by name: what other modules lie in."""
    return (name for name in MODULES if name != "__init__" and any(other.startswith(f"{name}.") for other in MODULES))


@pytest.mark.parametrize("name", sorted(packages()))
def test_a_package_says_what_it_may_touch(name: str) -> None:
    said = ast.get_docstring(MODULES[name]) or ""
    assert len(said.split()) > 5
    assert "May be touched: " in said
