"""The package's own source files, parsed."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLUGINS = tuple(sorted(path.name for path in (ROOT / "plugins").iterdir() if (path / "__init__.py").is_file()))


@cache
def modules():
    """Every module's tree by its path from the root, migrations and their like left out."""
    found = sorted([*(ROOT / "ccp4hooks").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")])
    return {
        path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in found
        if "migrations" not in path.parts
    }


def nodes(tree, *kinds):
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


def calls(tree, *names):
    """Calls of a function by its bare name."""
    return [node for node in nodes(tree, ast.Call) if isinstance(node.func, ast.Name) and node.func.id in names]
