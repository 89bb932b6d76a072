"""What one option is. The table of all of them is `table.OPTIONS`."""

import keyword
from collections.abc import Callable
from dataclasses import dataclass

from pysim.options import values
from pysim.options.values import Kind

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option. `choices` may be a function, for names that come from the catalog; `on_page` admits it to the query string."""

    name: str
    group: str
    help: str
    kind: Kind = values.FLAG
    short: str = ""
    metavar: str = ""
    default: object = None
    choices: Names | Callable[[], Names] = ()
    repeatable: bool = False
    on_page: bool = False
    page_choices: Names = ()  # those of the choices that the page has, where it has not all
    examples: Names = ()

    @property
    def field(self) -> str:
        """The field of `Settings` that holds it."""
        name = self.name.replace("-", "_")
        return f"{name}_" if keyword.iskeyword(name) else name

    @property
    def is_flag(self) -> bool:
        """Whether it takes no value on the command line."""
        return self.kind is values.FLAG

    @property
    def names(self) -> Names:
        """The values to choose from, if it is a choice."""
        return self.choices() if callable(self.choices) else self.choices
