"""How often the log shows every accelerator where nobody has said how often: so seldom that the steps between stay readable.

What the grid takes depends on the screen, and events must not. So it counts as high as it is on any of a few usual screens, from
above, and the interval is the next round number of steps.
"""

from pysim.pretraining.plan import Plan

SELDOM = 0  # as a plan's interval: as this module has it, and whenever a condition has changed
LOG_SHARE = 0.2  # that the grid fills at most
_ROOMS = ((40, 9), (80, 18), (120, 34), (160, 44))  # columns and rows of a grid on screens of 40x15 to 160x50
_LISTED = 512  # accelerators; of more than these, or on more nodes than there are rows, there is a map of nodes
_COLUMNS_OF_MOST, _COLUMNS_OF_SOME = (
    60,
    30,
)  # that one accelerator takes with most of what is known of it, and with some
_COLUMNS_BESIDE_MAP, _LINES_BESIDE_MAP = (
    8,
    2,
)  # the first node's number and what is cut off; legend, and the worst by name
_ROUND = (1, 2, 5)


def look_interval(plan: Plan) -> int:
    """Steps between two looks at every accelerator."""
    return plan.grid_interval or _round(grid_lines(plan) * (1.0 - LOG_SHARE) / LOG_SHARE)


def looks_at_changes(plan: Plan) -> bool:
    """Whether a look is told whenever the condition of an accelerator has changed."""
    return plan.grid_interval == SELDOM


def grid_lines(plan: Plan) -> int:
    """Lines that a look at every accelerator takes on a usual screen at most, its headline among them."""
    return 1 + max(_lines(plan, columns, rows) for columns, rows in _ROOMS)


def _lines(plan: Plan, columns: int, rows: int) -> int:
    """A map of nodes; or a list, which fills half of the room if it can do with less detail."""
    if plan.world_size > _LISTED or plan.nodes > rows:
        return min(-(-plan.nodes // (columns - _COLUMNS_BESIDE_MAP)) + _LINES_BESIDE_MAP, rows)
    half = (rows + 1) // 2
    room = half if _listed(plan, columns // _COLUMNS_OF_SOME) <= half else rows
    return min(_listed(plan, columns // _COLUMNS_OF_MOST), room)


def _listed(plan: Plan, per_line: int) -> int:
    """Lines of a list of all accelerators, each node's on lines of its own."""
    return plan.nodes * -(-plan.accelerators_per_node // max(per_line, 1))


def _round(steps: float) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50, ... that is no less."""
    unit = 1
    while steps > unit * _ROUND[-1]:
        unit *= 10
    return unit * next(digit for digit in _ROUND if unit * digit >= steps)
