"""The package's modules as syntax trees, and what each imports."""

import ast
from collections.abc import Iterable
from pathlib import Path

import pysim

PACKAGE = Path(pysim.__file__).parent


def modules() -> dict[str, ast.Module]:
    """Every module's tree by its name inside the package; the package itself is "__init__"."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")
        found[name] = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    return found


MODULES = modules()


def imported(tree: ast.Module) -> set[str]:
    """Full names of all that a module imports, wherever in it, `from` names included."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where they point"
            names |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def own_imports(name: str) -> set[str]:
    """Modules of the package that a module imports, by their names inside it."""
    inside = {full.removeprefix("pysim.") for full in imported(MODULES[name]) if full.startswith("pysim.")}
    return {module for module in inside if module in MODULES}


def within(name: str, packages: Iterable[str]) -> bool:
    """Whether a module is one of these, or lies in one of them."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)
