"""Type checkers find the mistakes of authors, and none in what is right.

The checkers come with the `dev` extra; `.ci/run` runs these tests with them.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ccp4hooks.cli.commands import new_plugin
from ccp4hooks.cli.templates import KINDS

HOWTO = Path(__file__).parents[2] / "docs" / "howto"
CHECKERS = ("mypy", "pyright")

RIGHT = '''\
"""A plugin without mistakes."""

from collections.abc import Iterable, Iterator, Sequence

from ccp4hooks import (
    FileMetadata, GleanedFile, ImportedFile, Job, Kpi, Outcome, Plot, Problem, Section, Script, Severity, Text, hookimpl
)


@hookimpl.glean_kpi
def all_arguments(job: Job, script: Script) -> Iterator[Kpi]:
    name: str | None = script.TASKNAME
    script.container.outputData.XYZOUT.exists()
    yield Kpi(key=f"x_{name}", value=1.0, unit=job.number)


@hookimpl.glean_kpi
def first_argument(job: Job) -> list[Kpi]:
    return [Kpi(key="x", value=True)]


@hookimpl.glean_kpi
def last_argument(script: Script) -> tuple[Kpi | Problem, ...]:
    return ()


@hookimpl.glean_kpi(tryfirst=True)
async def asynchronous(job: Job) -> list[Kpi]:
    return []


@hookimpl
def check_file(file: ImportedFile | GleanedFile) -> Iterable[Problem]:
    return [Problem(severity=Severity.WARNING, message=str(file.path))]


@hookimpl.report_section
def pages(outcomes: Sequence[Outcome]) -> Iterator[Section | Plot | Text]:
    yield Section(title="t", table=[{"job": outcomes[0].job.number}])


class Plugin:
    @hookimpl.glean_file
    def metadata(self, job: Job, script: Script, file: GleanedFile) -> FileMetadata | None:
        return None

    @hookimpl.job_finished
    async def record(self, job: Job, outcome: Outcome) -> None:
        return None

    @hookimpl(trylast=True)
    def glean_kpi(self, job: Job) -> list[Kpi]:
        return []


first_argument(Job.__new__(Job))
'''

HEAD = """\
from collections.abc import Iterator

from ccp4hooks import (
    GleanedFile, ImportedFile, InputFile, Job, Kpi, KnownFile, Outcome, Problem, Script, Severity, Session, hookimpl
)

"""

MISTAKES = {
    "a misspelt hook": """\
@hookimpl.glean_kpis  # wrong
def found(job: Job) -> list[Kpi]:
    return []
""",
    "a misspelt argument of a function": """\
@hookimpl.glean_kpi  # wrong
def found(jobb: Job) -> list[Kpi]:
    return []
""",
    "a misspelt argument of a method": """\
class P:
    @hookimpl.glean_kpi  # wrong
    def found(self, jobs: Job) -> list[Kpi]:
        return []
""",
    "an argument of the wrong type": """\
@hookimpl.job_finished  # wrong
def found(job: Job, outcome: str) -> None:
    return None
""",
    "an argument of another hook": """\
@hookimpl.glean_kpi  # wrong
def found(job: Job, script: Script, file: GleanedFile) -> list[Kpi]:
    return []
""",
    "arguments in the wrong order": """\
@hookimpl.glean_kpi  # wrong
def found(script: Script, job: Job) -> list[Kpi]:
    return []
""",
    "one value where several are due": """\
@hookimpl.glean_kpi  # wrong
def found(job: Job) -> Kpi:
    return Kpi(key="x", value=1.0)
""",
    "a result of the wrong type": """\
@hookimpl.check_file  # wrong
def found(job: Job, file: ImportedFile | GleanedFile) -> list[str]:
    return ["too old"]
""",
    "an asynchronous function with a result of the wrong type": """\
@hookimpl.check_file(tryfirst=True)  # wrong
async def found(job: Job) -> bool:
    return True
""",
    "a result of a hook that returns nothing": """\
@hookimpl.job_finished  # wrong
def found(job: Job) -> bool:
    return True
""",
    "only one of the types of an argument": """\
@hookimpl.check_file  # wrong
def found(file: ImportedFile) -> list[Problem]:
    return []
""",
    "an option that does not exist": """\
@hookimpl.glean_kpi(first=True)  # wrong
def found(job: Job) -> list[Kpi]:
    return []
""",
    "an attribute that a value has not": """\
@hookimpl.glean_kpi
def found(job: Job) -> list[Kpi]:
    return [Kpi(key="x", value=job.numbr)]  # wrong
""",
    "a value of the wrong type": """\
@hookimpl.glean_kpi
def found(job: Job) -> list[Kpi]:
    return [Kpi(key="x", value=job.directory)]  # wrong
""",
    "a field that a value has not": """\
@hookimpl
def pre_import(job: Job, script: Script) -> Iterator[Problem]:
    yield Problem(severity=Severity.BLOCK, message="old", hint="new")  # wrong
""",
    "text where an enumeration is due": """\
@hookimpl.check_file
def found(job: Job) -> Iterator[Problem]:
    yield Problem(severity="block", message="old")  # wrong
""",
    "an attribute that a script has not": """\
@hookimpl
def glean_kpi(script: Script) -> list[Kpi]:
    return [Kpi(key="x", value=str(script.containers))]  # wrong
""",
    "an answer that may be missing": """\
def name_of(session: Session, file: InputFile, known: KnownFile | None) -> str:
    return known.md5  # wrong
""",
}


@pytest.mark.parametrize("checker", CHECKERS)
def test_a_checker_finds_each_mistake_and_nothing_else(checker, tmp_path):
    (tmp_path / "right.py").write_text(RIGHT, encoding="utf-8")
    for number, code in enumerate(MISTAKES.values()):
        (tmp_path / f"mistake_{number:02}.py").write_text(HEAD + code, encoding="utf-8")
    expected = {
        (path.name, number)
        for path in tmp_path.glob("mistake_*.py")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if line.endswith("# wrong")
    }
    assert len(expected) == len(MISTAKES)
    assert (
        _errors(checker, tmp_path, "right.py", *sorted(path.name for path in tmp_path.glob("mistake_*.py"))) == expected
    )


@pytest.mark.parametrize("checker", CHECKERS)
def test_new_plugins_of_all_kinds_have_correct_types(checker, tmp_path):
    for kind in KINDS:
        new_plugin.write(f"typed-{kind}", tmp_path, kind=kind)
    places = [str(place) for home in tmp_path.iterdir() for place in (home / "src", home / "tests")]
    settings = tmp_path / "typed-task" / "pyproject.toml"
    assert _errors(checker, tmp_path, *places, settings=settings.read_text(encoding="utf-8")) == set()


@pytest.mark.slow
def test_the_package_on_the_pages_has_correct_types(tmp_path):
    pages = "".join((HOWTO / name).read_text(encoding="utf-8") for name in ("wrap-a-program.md", "write-a-pipeline.md"))
    files = dict(re.findall(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```\n<!-- /file -->", pages, re.DOTALL))
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert _errors("mypy", tmp_path, "src", "tests", settings=files["pyproject.toml"]) == set()


def _errors(checker, directory, *places, settings="[tool.mypy]\nstrict = true\n"):
    """Return the places of errors, as (file, line)."""
    pytest.importorskip(checker)
    paths = [place for place in places if place.endswith("src")]
    (directory / "pyproject.toml").write_text(settings, encoding="utf-8")
    (directory / "pyrightconfig.json").write_text(json.dumps({"extraPaths": paths}), encoding="utf-8")
    options = (
        ["--python-version", "3.10"]
        if checker == "mypy"
        else ["--pythonversion", "3.10", "--pythonpath", sys.executable, "--project", "."]
    )
    done = subprocess.run(
        [sys.executable, "-m", checker, *options, *([] if checker == "pyright" else places)],
        cwd=directory,
        env={**os.environ, "MYPYPATH": os.pathsep.join(paths), "MYPY_CACHE_DIR": os.devnull},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = re.findall(r"^ *(\S+\.py):(\d+):.*error:? .*$", done.stdout, flags=re.MULTILINE)
    assert bool(lines) == bool(done.returncode), done.stdout + done.stderr
    return {(os.path.relpath(directory / name, directory), int(number)) for name, number in lines}
