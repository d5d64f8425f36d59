"""Run code in another Python process, which runs no code of the working directory.

``python -c`` and ``python -m`` look for each module in the working directory first, which may belong to another user:
a file ``json.py`` there takes the place of the module of the standard library.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# Python 3.13 and later import modules before they run the code.
_SAFE_FLAGS = ["-P"] if sys.version_info >= (3, 11) else []
_SAFE_PATH = {"PYTHONSAFEPATH": "1"}


def words_of(code: str, *arguments: str) -> list[str]:
    """Return the command that runs code in a new process of this Python, which finds the modules that this one finds.

    Args:
        code: The code.
        *arguments: ``sys.argv[1:]`` of the new process.
    """
    path = [folder for folder in sys.path if isinstance(folder, str)]
    return [sys.executable, *_SAFE_FLAGS, "-c", f"import sys; sys.path[:] = {path!a}\n{code}", *arguments]


def run_python(
    code: str,
    *arguments: str,
    timeout_s: float,
    python: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run code in a new Python process, and return its exit code and output.

    Args:
        code: The code.
        *arguments: ``sys.argv[1:]`` of the process.
        timeout_s: Time after which the process is killed [s].
        python: Another Python of any version, which finds the modules of its own installation. By default this Python,
            which finds the modules that this process finds.
        environment: The environment of the process, by default that of this process.

    Raises:
        OSError: The program cannot be run.
        subprocess.TimeoutExpired: The process was killed.
    """
    words, variables = words_of(code, *arguments), {**(os.environ if environment is None else environment)}
    if python is not None:
        own = "import sys; sys.path[:] = [folder for folder in sys.path if folder]"
        words, variables = [python, "-c", f"{own}\n{code}", *arguments], {**variables, **_SAFE_PATH}
    return subprocess.run(  # noqa: S603 - this Python, or one that the user names
        words, env=variables, capture_output=True, text=True, timeout=timeout_s, check=False
    )
