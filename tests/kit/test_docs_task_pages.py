"""The package on the pages on programs and pipelines is written as they show it; its tests and its code run."""

import os
import re
import sys
import tempfile
from pathlib import Path

import click
import pytest

from ccp4hooks import TaskDescription, hookimpl
from ccp4hooks.cli import cli
from ccp4hooks.cli.job_report import View, job_report
from ccp4hooks.cli.render import plain
from ccp4hooks.i2.versions import is_3_0
from ccp4hooks.testing import sample

DOCS = Path(__file__).parents[2] / "docs" / "howto"
WRAP = (DOCS / "wrap-a-program.md").read_text(encoding="utf-8")
PIPELINE = (DOCS / "write-a-pipeline.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```\n<!-- /file -->", WRAP + PIPELINE, re.DOTALL))
COMMANDS = re.findall(
    r"^ccp4hooks .*$", "\n".join(re.findall(r"```sh\n(.*?)```", WRAP + PIPELINE, re.DOTALL)), re.MULTILINE
)


def block(name, page):
    (found,) = re.findall(rf"<!-- {name} -->\n```\w+\n(.*?)```", page, re.DOTALL)
    return found


def install(directory):
    """Write the package, and its console script as pip writes it."""
    for name, text in FILES.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (script, module, function) = re.search(
        r'\[project.scripts\]\n(\S+) = "(\S+):(\w+)"', FILES["pyproject.toml"]
    ).groups()
    program = directory / "bin" / script
    program.parent.mkdir()
    lines = (
        f"#!{sys.executable}",
        "import sys",
        f"sys.path.insert(0, {str(directory / 'src')!r})",
        f"from {module} import {function}",
        f"sys.exit({function}())",
    )
    program.write_text("\n".join(lines), encoding="utf-8")
    program.chmod(0o755)


_place = tempfile.TemporaryDirectory(prefix="ccp4hooks-docs-")
install(Path(_place.name))
sys.path.insert(0, str(Path(_place.name) / "src"))
# The tests on the pages become tests of this module.
for _name in ("tests/test_lab_smooth.py", "tests/test_pipelines.py"):
    exec(compile(FILES[_name], _name, "exec"), globals())  # noqa: S102 - our own page

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the console script is written for POSIX")


@pytest.fixture(autouse=True)
def _console_script(monkeypatch):
    for name, folder in (("PATH", "bin"), ("PYTHONPATH", "src")):
        monkeypatch.setenv(name, str(Path(_place.name) / folder), prepend=os.pathsep)


@pytest.fixture
def flat(tmp_path):
    """A model that the program refuses."""
    lines = sample("pdb").read_text(encoding="utf-8").splitlines()
    text = "\n".join(f"{line[:60]} 20.00{line[66:]}" for line in lines if line.startswith("ATOM"))
    (tmp_path / "flat.pdb").write_text(text, encoding="utf-8")
    return tmp_path / "flat.pdb"


def opened(hook_session, *plugins):
    import lab_smooth
    import lab_smooth.pipelines

    import ccp4hooks_kpi

    return hook_session(lab_smooth, lab_smooth.pipelines, ccp4hooks_kpi, *plugins)


def shown(session, *outcomes):
    """Return the lines of `ccp4hooks show` from the reason of the failure on."""
    lines = plain(*job_report(list(outcomes), View(), session.kpi_descriptions)).splitlines()
    return lines[lines.index("Why it failed") :]


def test_the_page_shows_what_a_failed_program_says(hook_session, flat):
    session = opened(hook_session)
    lines = shown(session, *session.run("lab_smooth", {"XYZIN": flat}, project="p").outcomes)
    quoted = block("failed", WRAP).splitlines()
    assert lines[1].startswith(quoted[1])
    if is_3_0():
        assert lines[: len(quoted)] == quoted


def test_the_page_shows_what_a_failed_pipeline_says(hook_session, flat):
    session = opened(hook_session)
    lines = shown(session, *session.run("lab_polish", {"XYZIN": flat}, project="p").outcomes)
    quoted = block("failed-pipeline", PIPELINE).splitlines()
    for line in quoted:
        assert any(one.startswith(line) for one in lines), line


def test_the_page_shows_the_sub_jobs_and_the_pipeline_has_the_results_of_the_last_one(hook_session):
    outcomes = opened(hook_session).run("lab_polish", {"XYZIN": sample("pdb")}, project="p").outcomes
    titles = {one.job.number: "" if one.job.title == one.job.task else one.job.title for one in outcomes}
    rows = [f"{one.job.number} {one.job.task} {one.status.name} {titles[one.job.number]}".split() for one in outcomes]
    assert rows == [line.split() for line in block("jobs", PIPELINE).splitlines()]
    top, last = outcomes[0], outcomes[-1]
    assert {kpi.key: kpi.value for kpi in top.kpis} == {kpi.key: kpi.value for kpi in last.kpis}
    (made,), (copied, _) = top.files, last.files
    assert made.path.read_bytes() == copied.path.read_bytes()


def test_the_progress_of_a_job_is_told(hook_session):
    seen = []

    class Observer:
        @hookimpl.job_progress
        def job_progress(self, progress):
            seen.append(str(progress))

    opened(hook_session, Observer()).run("lab_smooth", {"XYZIN": sample("pdb"), "NCYC": 5}, project="p")
    assert seen[-1] == "cycle 5, rmsChange 0.5239"


def test_the_program_runs_as_a_module_too(hook_session, monkeypatch, tmp_path):
    import lab_smooth

    (tmp_path / "lab_by_module.py").write_text(block("by-module", WRAP), encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PATH", "/usr/bin")

    class Other:
        @hookimpl.register_types
        def register_types(self):
            return lab_smooth.register_types()

        @hookimpl.register_tasks
        def register_tasks(self):
            def_file = "lab_smooth:lab_smooth.def.xml"
            script = "lab_by_module:LabSmoothByModule"
            yield TaskDescription(name="lab_smooth", title="T", script=script, def_file=def_file, needs_ccp4=False)

    result = hook_session(Other()).run("lab_smooth", {"XYZIN": sample("pdb")}, project="p")
    assert result.outcome.status.name == "FINISHED"


def test_the_second_entry_point_names_the_plugin_of_the_pipelines(entry_point, hook_session):
    (name, value) = re.match(r'(\S+) = "(\S+)"', block("entry", PIPELINE)).groups()
    entry_point("lab-smooth", "lab_smooth")
    entry_point(name, value)
    session = hook_session()
    assert {"lab_smooth", "lab_polish", "lab_scan"} <= {task.name for task in session.tasks()}


@pytest.mark.parametrize("line", COMMANDS)
def test_commands_on_the_pages_are_valid(line):
    words = line.split()[1:]
    context = click.Context(cli, info_name="ccp4hooks")
    name, command, rest = cli.resolve_command(context, words)
    with command.make_context(name, rest, parent=context):
        pass
