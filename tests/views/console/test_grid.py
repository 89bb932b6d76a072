"""The accelerator grid on screens of all sizes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pysim.story.events import FleetSampled
from pysim.story.fleet import CONDITIONS
from pysim.terminal.ansi import Palette, palette, strip, visible_width
from pysim.views.console.grid import GridShape, grid, health_levels
from pysim.views.glyphs import Glyphs, glyphs

PLAIN, COLORED = palette(color=False), palette(color=True)
SIGNS, ASCII = glyphs(unicode=True), glyphs(unicode=False)
GIB = 2**30


def fleet(
    accelerators: int, celsius: int = 60, memory_gib: float = 40.0, capacity_gib: int = 80, *, clocks: bool = True
) -> FleetSampled:
    ranks = np.arange(accelerators, dtype=np.int64)
    return FleetSampled(
        time_seconds=1.0,
        step=10,
        utilisation_percent=99 - ranks % 2,
        temperature_celsius=celsius + ranks % 5,
        power_watts=650 + ranks % 7,
        memory_bytes=np.full(accelerators, int(memory_gib * GIB)),
        memory_capacity_bytes=capacity_gib * GIB,
        clock_mhz=(1800 + 15 * (ranks % 3)) * clocks,
        memory_celsius=celsius + 13 + ranks % 5,
        throttled=np.zeros(accelerators, np.int64),
        condition=np.zeros(accelerators, np.int64),
    )


def drawn(sample: FleetSampled, columns: int, rows: int, *, color: bool = False, per_node: int = 8) -> list[str]:
    return grid(sample, GridShape(columns, rows, per_node), COLORED if color else PLAIN, SIGNS)


def test_every_accelerator_with_all_its_numbers() -> None:
    """GPU-01 to GPU-04: memory used, total and per cent, utilisation, temperature, power; by node, with a health dot."""
    lines = drawn(fleet(64), 380, 60)
    assert len(lines) == 8
    assert lines[0].startswith("Node 0 ● 0 99% 60C 40.0/80G 50% 650W 1800MHz  ● 1 98% 61C 40.0/80G 50% 651W 1815MHz")
    assert [line.split(" ●")[0] for line in lines] == [f"Node {node}" for node in range(8)]
    assert all(line.count("●") == 8 for line in lines)


def test_a_driver_that_reports_no_clock() -> None:
    assert drawn(fleet(8, clocks=False), 200, 40)[0].startswith("Node 0 ● 0 99% 60C 40.0/80G 50% 650W  ● 1 98%")


@pytest.mark.parametrize(
    ("columns", "rows", "first"),
    [
        (200, 60, "Node 0 ● 0 99% 60C 40.0/80G 50% 650W 1800MHz  ● 1"),
        (160, 40, "Node 0 ● 0 99% 60C 40.0/80G 50% 650W  ● 1"),
        (110, 30, "Node 0 ● 0 99% 60C 40.0/80G  ● 1"),
        (110, 10, "Node 0 ●99% 50% ●98% 50%"),
        (40, 9, "Node 0 ●60 ●61"),
        (24, 8, "Node 0 ●●●●●●●●"),
    ],
)
def test_fields_give_way_to_space(columns: int, rows: int, first: str) -> None:
    lines = drawn(fleet(64), columns, rows)
    assert lines[0].startswith(first)
    assert len(lines) <= rows


@pytest.mark.parametrize(
    ("celsius", "memory_gib", "level"),
    [(75, 40, 0), (76, 40, 1), (85, 40, 1), (86, 40, 2), (60, 68, 0), (60, 68.5, 1), (60, 76, 1), (60, 76.5, 2)],
)
def test_health(celsius: int, memory_gib: float, level: int) -> None:
    """GPU-04: red above 85 C or 95 % memory, yellow above 75 C or 85 %, else green."""
    sample = fleet(1, celsius, memory_gib)
    assert health_levels(sample).tolist() == [level]
    color = (COLORED.green, COLORED.yellow, COLORED.red)[level]
    assert f"{color}●{COLORED.reset}" in drawn(sample, 80, 20, color=True)[0]


def test_capacity_is_that_of_the_card() -> None:
    """Fault 5: not always 80 GB."""
    assert "100.0/192G 52%" in drawn(fleet(8, memory_gib=100.0, capacity_gib=192), 200, 40)[0]


def test_a_node_that_is_not_full() -> None:
    assert [line.count("●") for line in drawn(fleet(12), 380, 40)] == [8, 4]
    assert [line.count("●") for line in drawn(fleet(13), 200, 40)] == [4, 4, 4, 1]


@pytest.mark.parametrize("columns", range(40, 301, 20))
def test_the_lines_of_a_node_are_equally_long(columns: int) -> None:
    assert len({line.count("●") for line in drawn(fleet(64), columns, 50)}) == 1


def test_hundreds_are_a_heat_map_with_the_worst_named() -> None:
    sample = fleet(1024)
    sample.temperature_celsius[777] = 91
    lines = drawn(sample, 80, 20)
    assert lines[-1].startswith("worst: node 97 GPU 1 91 C, node 0 GPU 4 64 C")
    assert "1 <50" in lines[-2]
    assert "".join(line.split()[1] for line in lines[:-2]) == "3" * 97 + "5" + "3" * 30


def test_groups_of_nodes_share_a_cell_when_there_are_too_many() -> None:
    lines = drawn(fleet(131_072), 80, 20)
    assert len(lines) <= 20
    assert lines[-2].startswith("hottest of 16 nodes, C: ")
    cells = "".join(line.split()[1] for line in lines[:-2])
    assert len(cells) == 131_072 // 8 // 16
    assert lines[1].split()[0] == str(64 * 16) or int(lines[1].split()[0]) % 16 == 0


def test_a_last_group_may_be_smaller() -> None:
    lines = drawn(fleet(8 * 1001), 60, 12)
    assert len("".join(line.split()[1] for line in lines[:-2])) == -(-1001 // (1 << (1001 // (48 * 10)).bit_length()))


def test_colours_of_the_heat_map() -> None:
    lines = drawn(fleet(1024, celsius=45), 80, 20, color=True)
    assert COLORED.heat[0] in lines[0]
    assert "■" in lines[0]
    assert f"{COLORED.heat[4]}■{COLORED.reset} >=80" in lines[-2]


def conditions(accelerators: int, **ranks: list[int]) -> FleetSampled:
    sample = fleet(accelerators)
    for name, those in ranks.items():
        sample.condition[those] = CONDITIONS.index(name)
    return sample


def test_a_sign_says_the_condition_and_what_is_dead_has_no_numbers() -> None:
    lines = drawn(conditions(16, dead=[3], draining=[0, 1, 2, 4, 5, 6, 7], throttled=[9], spinning=[10]), 200, 40)
    text = "\n".join(lines)
    assert text.count("▽") == 7
    assert "x 3 --% --C --.-/--G --% ---W ----MHz" in text
    assert ("▲ 1" in text, "○ 2" in text, text.count("●")) == (True, True, 6)
    assert len({len(line) for line in lines}) == 1


def test_lost_is_red_and_slow_is_yellow() -> None:
    line = drawn(conditions(8, dead=[0], throttled=[1]), 300, 40, color=True)[0]
    assert f"{COLORED.red}x{COLORED.reset}" in line
    assert f"{COLORED.yellow}▲{COLORED.reset}" in line


@pytest.mark.parametrize("color", [False, True])
def test_a_heat_map_marks_nodes_that_are_worse_off_than_most(*, color: bool) -> None:
    everyone = list(range(1024))
    sample = conditions(1024, spinning=everyone, idle=[100], dead=[808])
    cells = "".join(strip(line).split()[1] for line in drawn(sample, 80, 20, color=color)[:-2])
    assert cells.count("-") == cells.count("x") == 1
    assert (cells.index("-"), cells.index("x")) == (12, 101)
    assert "○" not in cells


@st.composite
def screens(draw: st.DrawFn) -> tuple[GridShape, Palette, Glyphs]:
    per_node = draw(st.sampled_from([1, 2, 4, 8, 16]))
    shape = GridShape(draw(st.integers(40, 300)), draw(st.integers(1, 94)), per_node)
    return shape, palette(color=draw(st.booleans())), glyphs(unicode=draw(st.booleans()))


@settings(deadline=None)
@given(accelerators=st.integers(1, 3000), celsius=st.integers(20, 99), screen=screens())
def test_any_fleet_fits_any_screen(accelerators: int, celsius: int, screen: tuple[GridShape, Palette, Glyphs]) -> None:
    shape, colors, signs = screen
    lines = grid(fleet(accelerators, celsius), shape, colors, signs, "TPU")
    assert 1 <= len(lines) <= shape.rows
    assert all(visible_width(line) <= shape.columns for line in lines)
    assert colors.reset or "".join(lines) == strip("".join(lines))
    assert signs.braille or "".join(lines).isascii()
    assert all(line.rfind("\x1b[0m") == line.rfind("\x1b[") for line in lines)


@pytest.mark.parametrize("columns", [40, 41, 60, 200])
def test_readings_of_three_digits_keep_the_columns(columns: int) -> None:
    """98 C beside 102 C."""
    lines = drawn(fleet(8, celsius=98), columns, 8, per_node=4)
    assert any("102C" in line for line in lines)
    assert max(map(len, lines)) <= columns
    assert len({line.rindex("●") for line in lines}) == 1


def test_ranks_of_two_digits_keep_the_columns() -> None:
    """A node of sixteen."""
    lines = drawn(fleet(32), 120, 40, per_node=16)
    assert any("● 10 " in line for line in lines)
    assert len({len(line) for line in lines}) == 1


def test_ascii_uses_digits_for_heat_and_stars_for_health() -> None:
    shape = GridShape(80, 20, 8)
    assert "*" in grid(fleet(8), shape, PLAIN, ASCII)[0]
    assert "3333" in grid(fleet(1024), shape, PLAIN, ASCII)[0]
