"""Views whose lines know how they were made, from the very source of the views.

A line is made by f-strings and a few methods of strings. The modules are loaded a second time with each f-string replaced by a call that
makes the same text and keeps apart what stands in the source and what was put into it, and each text of the source marked as such.
Nothing is compared, and nothing guessed: a template is what somebody wrote.
"""

import ast
import builtins
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.abc import InspectLoader
from importlib.util import find_spec, module_from_spec, spec_from_loader
from types import ModuleType
from typing import Any

from pysim.export.corpus import made
from pysim.export.corpus.made import is_clock
from pysim.story.header import Header
from pysim.terminal.screen import Screen
from pysim.views.dialects.table import Dialect
from pysim.views.view import View

MARKED = ("pysim.views.dialects.", "pysim.views.speakers")
"""The modules that write lines, by how their names begin."""
_PLAIN = frozenset({"pysim.views.dialects.table", "pysim.views.dialects.needs", "pysim.views.dialects.stamps"})
_VALUES = frozenset(
    {
        "stamp",
        "bar",
        "duration",
        "_duration",
        "formatted",
        "_short",
        "hostlist",
        "_bracketed",
        "_filled",
        "_fitted",
        "_ending",
    }
)
"""Functions that spell one value: what they give is filled in as a whole."""
_WRITERS = frozenset({"_writer", "_grouped"})  # functions that give such functions, or spell many
_HELPERS: Mapping[str, object] = {
    "_made_joined": made.joined,
    "_made_text": made.text,
    "_made_json": made.json_text,
    "_made_plain": made.plain,
    "_made_names": lambda named: {made.literal(name): value for name, value in named.items()},
}


def marked_view(dialect: Dialect, header: Header, screen: Screen) -> View:
    """The view of a run in a dialect, with lines that know how they were made."""
    module = _module(f"pysim.views.dialects.{dialect.module}")
    view: View = getattr(module, dialect.view)(header, screen)
    return view


def _is_marked(name: str) -> bool:
    return name.startswith(MARKED) and name not in _PLAIN


@cache
def _module(name: str) -> ModuleType:
    """A module loaded a second time."""
    loader = _Loader()
    spec = spec_from_loader(name, loader)
    assert spec is not None  # noqa: S101 - a loader that is given has one
    module = module_from_spec(spec)
    module.__dict__["__builtins__"] = {**vars(builtins), "__import__": _import}
    module.__dict__.update(_HELPERS)
    loader.exec_module(module)
    return module


def _import(name: str, *others: Any) -> ModuleType:  # noqa: ANN401 - what the interpreter gives
    """What an `import` in a marked module gets: other marked ones marked."""
    if _is_marked(name):
        return _module(name)
    return builtins.__import__(name, *others)


class _Loader(InspectLoader):
    """Compiles a module's source with its texts marked."""

    def get_source(self, fullname: str) -> str:
        """The source of the module of that name."""
        import_module(fullname)
        found = find_spec(fullname)
        source = found.loader.get_source(fullname) if found and isinstance(found.loader, InspectLoader) else None
        if source is None:
            message = f"{fullname} has no source, from which templates are read"
            raise ImportError(message)
        return source

    @staticmethod
    def source_to_code(data: Any, path: Any = "<marked>") -> Any:  # noqa: ANN401 - as the base class has them
        """Code that makes the same strings."""
        marking = _Marking()
        tree = marking.visit(ast.parse(data))
        hoisted = [_assigned(name, text) for text, name in marking.literals.items()]
        first = marking.first_statement(tree)
        tree.body[first:first] = hoisted
        return compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)


def _assigned(name: str, text: str) -> ast.stmt:
    made_of = ast.Call(ast.Name("_made_joined", ast.Load()), [ast.Constant(text)], [])
    return ast.Assign([ast.Name(name, ast.Store())], made_of)


class _Marking(ast.NodeTransformer):
    """Marks the texts of a module: literals once, at its top."""

    def __init__(self) -> None:
        self.literals: dict[str, str] = {}

    @staticmethod
    def first_statement(tree: ast.Module) -> int:
        """After what has to come first: a description, and imports from the future."""
        count = 0
        for statement in tree.body:
            is_future = isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
            is_description = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
            if not (is_future or is_description):
                break
            count += 1
        return count

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        """A description stays what it is."""
        return node if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Names by which something is given are texts of the program; what spells a value stays as it is."""
        if node.name in _VALUES:
            node.decorator_list.append(ast.Name("_made_plain", ast.Load()))
            return node
        if node.name in _WRITERS:
            return node
        node.body = [self._visited(statement) for statement in node.body]
        node.args.defaults = [self.visit(default) for default in node.args.defaults]
        if node.args.kwarg:
            name = node.args.kwarg.arg
            call = ast.Call(ast.Name("_made_names", ast.Load()), [ast.Name(name, ast.Load())], [])
            node.body.insert(0, ast.Assign([ast.Name(name, ast.Store())], call))
        return node

    def _visited(self, statement: ast.stmt) -> ast.stmt:
        visited: ast.stmt = self.visit(statement)
        return visited

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """What stands in an annotation is no text."""
        if node.value is not None:
            node.value = self.visit(node.value)
        return node

    def visit_MatchValue(self, node: ast.MatchValue) -> ast.AST:
        """Nor in a pattern."""
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """Bases and decorators stay."""
        node.body = [self._visited(statement) for statement in node.body]
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """A text of the program."""
        if not isinstance(node.value, str):
            return node
        name = self.literals.setdefault(node.value, f"_literal_{len(self.literals)}")
        return ast.Name(name, ast.Load())

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """`str` and `json.dumps` keep what they are given apart."""
        is_text = isinstance(node.func, ast.Name) and node.func.id == "str"
        is_json = isinstance(node.func, ast.Attribute) and node.func.attr == "dumps"
        self.generic_visit(node)
        if is_text or is_json:
            node.func = ast.Name("_made_text" if is_text else "_made_json", ast.Load())
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        """An f-string."""
        return ast.Call(ast.Name("_made_joined", ast.Load()), [self._part(value) for value in node.values], [])

    def _part(self, part: ast.expr) -> ast.expr:
        if not isinstance(part, ast.FormattedValue):
            return part
        conversion = "" if part.conversion < 0 else chr(part.conversion)
        name = field_name(part.value)
        spec = part.format_spec or ast.Constant("")
        return ast.Tuple([self.visit(part.value), ast.Constant(conversion), spec, ast.Constant(name)], ast.Load())


def field_name(value: ast.expr) -> str:
    """What a field is called: the last name of a plain one, the expression of any other."""
    whole = ast.unparse(value)
    if is_clock(whole) or not isinstance(value, ast.Attribute):
        return whole
    return value.attr.lstrip("_")
