"""The names that the shell completes, in files of the user's cache directory, which are read without CCP4i2 or Django.

Whoever completes a word reads what is there, even if it is old, and starts a process in the background that writes the
file again. There is one directory for each installation, environment, settings file, and set of shared options.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ccp4hooks.failures import attempt
from ccp4hooks.runtime import background
from ccp4hooks.texts import printable, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccp4hooks.cli.options import Choices
    from ccp4hooks.model.tasks import Parameter
    from ccp4hooks.session import Session

RECORD_S = 30
"""Age from which on the projects and jobs are read again [s]."""

TASKS_S = 24 * 3600
"""Age from which on the tasks are read again, though nothing was installed [s]."""

UNUSED_S = 30 * 24 * 3600
"""Age from which on the files of another installation or environment are removed [s]."""

LONGEST_REFRESH_S = 300
"""Time after which a process that writes a file counts as dead [s]."""

NEWEST_JOBS = 300
"""Number of jobs of a project that are completed."""

LONGEST_HELP = 60
"""Length of the longest explanation of a name [characters]."""

SWITCH = "CCP4HOOKS_COMPLETION_REFRESH"
"""Environment variable that is 0 to start no process in the background."""

VARIABLES = ("CCP4HOOKS_", "CCP4I2_", "DATABASE_URL", "DJANGO_SETTINGS_MODULE", "PYTHONPATH")
"""Beginnings of the names of the environment variables that change what there is."""


@dataclass(frozen=True, slots=True)
class Cache:
    """The files for one installation, environment and set of shared options.

    Attributes:
        directory: Directory of the files; it need not exist.
        options: The shared options, as words of a command line.
    """

    directory: Path
    options: tuple[str, ...]

    @classmethod
    def of(cls, choices: Choices) -> Cache:
        """Return the cache for the values of the shared options in this process and directory."""
        options = tuple(_options(choices))
        facts = json.dumps([*_surroundings(), *options])
        return cls(root() / sha256(facts.encode("utf-8", "surrogateescape")).hexdigest()[:24], options)

    def record(self, project: str) -> dict[str, Any]:
        """Return the projects, and the jobs, tags and KPIs of a project; empty for the one in the settings."""
        found = self._read(f"record:{project}", RECORD_S)
        if not found and project:
            # The names of this project are being read: the directories of all projects are known already.
            known = self._read("record:", RECORD_S)
            found = {**known, "jobs": {}, "directory": known.get("directories", {}).get(project, "")}
        return {
            "projects": {},
            "jobs": {},
            "tags": [],
            "project_tags": [],
            "kpis": {},
            "plugins": {},
            "directory": "",
            **found,
        }

    def tasks(self) -> dict[str, str]:
        """Return the titles of the tasks by their names."""
        return self._read("tasks", TASKS_S)

    def parameters(self, task: str) -> list[dict[str, Any]]:
        """Return the parameters of a task."""
        found: list[dict[str, Any]] = self._read(f"task:{task}", 2 * TASKS_S).get("parameters", [])
        return found

    def start_refresh(self, part: str) -> None:
        """Write a part of the cache in a process of its own, unless such a process runs already."""
        if os.environ.get(SWITCH) == "0":
            return
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        mark = self._path(part).with_suffix(".running")
        if _age_s(mark) < LONGEST_REFRESH_S:
            return
        from ccp4hooks.runtime.interpreters import words_of

        mark.touch()
        code = "from ccp4hooks.cli import main; main()"
        # Otherwise the new process would complete words, too.
        environment = {name: value for name, value in os.environ.items() if not name.endswith("_COMPLETE")}
        background.start(words_of(code, *self.options, "completion", "--refresh", "--part", part), environment)

    def write(self, part: str, content: Any) -> None:
        """Write a part of the cache, all at once."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._path(part)
        new = path.with_suffix(f".{os.getpid()}")
        new.write_text(json.dumps(content), encoding="utf-8", errors="surrogateescape")
        new.replace(path)

    def end_refresh(self, part: str) -> None:
        """Note that nobody writes a part any more."""
        self._path(part).with_suffix(".running").unlink(missing_ok=True)

    def _read(self, part: str, longest_s: float) -> dict[str, Any]:
        path = self._path(part)
        if _age_s(path) > longest_s:
            attempt(self.start_refresh, part)
        if not path.exists():
            return {}
        found = attempt(lambda: json.loads(path.read_text(encoding="utf-8", errors="surrogateescape")))
        return found if isinstance(found, dict) else {}

    def _path(self, part: str) -> Path:
        return self.directory / f"{sha256(part.encode('utf-8', 'surrogateescape')).hexdigest()[:24]}.json"


def root() -> Path:
    """Return the directory of all these files: in ``$XDG_CACHE_HOME``, by default in ``~/.cache``."""
    chosen = os.environ.get("XDG_CACHE_HOME")
    return (Path(chosen) if chosen else Path.home() / ".cache") / "ccp4hooks" / "completion"


def _changed_ns(path: Path) -> int:
    """Return the time at which a file was changed [ns], 0 if it does not exist."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _age_s(path: Path) -> float:
    return time.time() - _changed_ns(path) / 1e9


def _options(choices: Choices) -> Iterator[str]:
    for plugin in choices.plugins:
        yield from ("-p", plugin)
    if choices.autoload is False:
        yield "--no-autoload"
    for name, value in (("--database", choices.database), ("--projects-dir", choices.projects_dir)):
        if value is not None:
            yield from (name, str(value))
    if choices.config is not None:
        yield from ("--config", os.path.abspath(choices.config))  # noqa: PTH100 - links are not followed


def _surroundings() -> Iterator[str]:
    """Yield what else the names depend on: Python packages, variables, and the settings files here and above."""
    # An installation changes the directory of the packages.
    packages = Path(click.__file__).parents[1]
    yield f"{packages} {packages.stat().st_mtime_ns} {Path(__file__)}"
    yield from (
        f"{name}={value}" for name, value in sorted(os.environ.items()) if name.startswith(VARIABLES) and name != SWITCH
    )
    here = Path.cwd()
    files = (folder / name for folder in (here, *here.parents) for name in ("ccp4hooks.toml", "pyproject.toml"))
    yield from (f"{path} {time_ns}" for path in files if (time_ns := _changed_ns(path)))
    if not any(name in os.environ for name in ("DATABASE_URL", "CCP4I2_HOME")):
        yield str(Path.home())


# --- what is written ----------------------------------------------------------------------------------------------


def refresh(cache: Cache, session: Session, part: str) -> None:
    """Write a part of the cache anew.

    Args:
        cache: The cache.
        session: The session.
        part: ``"tasks"``, ``"task:NAME"`` or ``"record:PROJECT"``.
    """
    kind, _, name = part.partition(":")
    if kind == "record":
        cache.write(part, _record(session, name))
    elif kind == "task":
        _write_parameters(cache, session, name)
    else:
        tasks = session.tasks()
        cache.write(part, {task.name: _line(task.title) for task in tasks})
        for task in tasks:
            # A task that cannot be described has no parameters to complete.
            attempt(_write_parameters, cache, session, task.name)
        _remove_unused()


def _write_parameters(cache: Cache, session: Session, task: str) -> None:
    from ccp4hooks.model.tasks import ParameterKind

    given = [one for one in session.describe(task).parameters if one.kind is not ParameterKind.OUTPUT]
    cache.write(f"task:{task}", {"parameters": [one for parameter in given for one in _described(parameter)]})


def _described(parameter: Parameter, *, inside: bool = False) -> Iterator[dict[str, Any]]:
    allowed = ("True", "False") if parameter.class_name == "CBoolean" else parameter.allowed
    yield {
        "name": parameter.path,
        "help": _line(parameter.label),
        "allowed": allowed,
        "default": parameter.default,
        "file": parameter.is_file,
        "inside": inside or parameter.in_group,
    }
    for member in parameter.members:
        yield from _described(member, inside=True)


def _record(session: Session, name: str) -> dict[str, Any]:
    projects = session.projects()
    project = next((one for one in projects if one.name == (name or session.settings.project)), None)
    rows = session.query(project, limit=NEWEST_JOBS) if project else ()
    # Click does not see the project of `jobs PROJECT --kpi`: then the tags and KPIs of all projects are of use.
    every = rows if name else session.query(limit=NEWEST_JOBS)
    labels = session.labels(*projects)
    keys = dict.fromkeys(kpi.key for row in every for kpi in row.kpis)
    tags, project_tags = (dict.fromkeys(tag for one in some for tag in one.tags) for some in (every, labels))
    return {
        "projects": {one.name: _line(label.note) for one, label in zip(projects, labels, strict=True)},
        "jobs": {
            str(row.job.number): _line(" ".join(filter(None, (row.job.task, row.status.name, row.job.title))))
            for row in rows
        },
        "directory": str(project.jobs_directory) if project else "",
        "directories": {one.name: str(one.jobs_directory) for one in projects},
        "tags": list(tags),
        "project_tags": list(project_tags),
        "kpis": session.kpi_descriptions.titles(keys),
        "plugins": {one.name: one.state.value for one in session.plugins},
    }


def _line(text: str) -> str:
    text = printable(shortened(" ".join(text.split())))
    return text if len(text) <= LONGEST_HELP else f"{text[: LONGEST_HELP - 3]}..."


def _remove_unused() -> None:
    import shutil

    for folder in root().iterdir():
        if _age_s(folder) > UNUSED_S:
            shutil.rmtree(folder, ignore_errors=True)
