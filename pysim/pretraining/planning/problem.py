"""A plan that cannot be simulated: what is said about it."""

from collections.abc import Mapping
from typing import Any

Change = Mapping[str, Any]
"""Fields of a request, and what to ask for instead."""


class PlanError(ValueError):
    """A plan that cannot be simulated: what of it, its value, what is wrong, and what to ask for instead.

    `field` is one of a request's where it was asked for, else one of the plan's. `others` are fields of a request that may be
    at fault as well. `near` are changes that may help; `change` is one that was tried and does. `hint` says how it is written.
    """

    def __init__(
        self,
        field: str,
        value: object,
        problem: str,
        *,
        others: tuple[str, ...] = (),
        near: tuple[Change, ...] = (),
        change: Change | None = None,
        hint: str = "",
    ) -> None:
        advice = hint or (f"try {', '.join(f'{name}={new}' for name, new in change.items())}" if change else "")
        super().__init__("; ".join(filter(None, (f"{field} {value}: {problem}", advice))))
        self.field = field
        self.value = value
        self.problem = problem
        self.others = others
        self.near = near
        self.change = change
        self.hint = hint
