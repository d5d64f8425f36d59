"""Run the code cells of a notebook in one namespace on an event loop, as Jupyter does, without Jupyter.

python notebook_runner.py NOTEBOOK

What the cells display is written to displayed.json in the current directory, and what they print to standard output.
"""

import ast
import asyncio
import inspect
import json
import sys
from pathlib import Path


async def run(notebook):
    displayed = []
    namespace = {"__name__": "__main__", "display": lambda bundle, *, raw: displayed.append({"raw": raw, **bundle})}
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            compiled = compile("".join(cell["source"]), cell["id"], "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            done = eval(compiled, namespace)  # noqa: S307 - the cells of our own notebook
            if inspect.isawaitable(done):
                await done
    return displayed


if __name__ == "__main__":
    Path("displayed.json").write_text(json.dumps(asyncio.run(run(Path(sys.argv[1])))), encoding="utf-8")
