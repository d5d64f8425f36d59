"""The test kit, used as by a plugin author."""

import json
import subprocess
import sys

import pytest

import ccp4hooks_validation
from ccp4hooks import FileMetadata, JobStatus, Kpi, Section, Settings, UnknownNameError, hookimpl
from ccp4hooks.hookspecs import HOOKS
from ccp4hooks.testing import GleanerContract, SectionContract, sample

HEAVY = {"django", "ccp4i2", "asyncio", "gemmi", "numpy", "structlog"}


class Sizes:
    """A gleaner that follows all rules."""

    @hookimpl
    def glean_file(self, file):
        import numpy as np

        size = np.int64(file.path.stat().st_size if file.path.exists() else 0)
        return FileMetadata(sub_type=np.int32(1), extra={"size": size, "large": size > 1, "mb": size / 1e6})

    @hookimpl
    def glean_kpi(self, job):
        yield Kpi(key="files", value=len([path for path in job.directory.rglob("*") if path.is_file()]))


def taking_part(session):
    return [record for record in session.plugins if record.state.value == "loaded"]


class Results:
    """A plugin that adds to reports and follows all rules."""

    @hookimpl
    def report_section(self, outcomes):
        rows = [{"Job": one.job.number, **{kpi.key: kpi.value for kpi in one.kpis}} for one in outcomes]
        if any(one.kpis for one in outcomes):
            yield Section(title="Results", table=rows)


class TestGoodSections(SectionContract):
    plugin = Results()
    test_importing_it_loads_little = None  # the plugin under test is this module, which imports pytest


class TestAGoodGleaner(GleanerContract):
    plugin = Sizes()
    max_modules = 2000  # the plugin under test is this module, which imports pytest


def test_hook_session_loads_no_installed_plugin(hook_session, tmp_path):
    session = hook_session()
    assert taking_part(session) == []
    assert session.plugins, "the built-in ones are installed here, and off"
    assert session.settings.projects_dir == tmp_path / "projects"


def test_the_recorder_records_all_hooks_of_a_job(hook_recorder, run_task):
    outcome = run_task(hook_recorder)
    assert outcome.status is JobStatus.FINISHED
    of_a_job = ("pre_import", "open_job", "job_status", "post_execute", "glean_file", "glean_kpi", "job_finished")
    assert hook_recorder.hooks(*of_a_job) == of_a_job
    assert hook_recorder.of("job_finished") == ({"job": outcome.job, "outcome": outcome},)
    assert set(hook_recorder.hooks()) <= set(HOOKS)


def test_the_recorder_implements_every_hook(hook_recorder, hook_session):
    (record,) = taking_part(hook_session(hook_recorder))
    assert record.hooks == tuple(HOOKS)


def test_run_task_loads_only_the_given_plugin(run_task, tmp_path):
    outcome = run_task(Sizes(), task="freerflag")
    assert [(kpi.key, kpi.origin.plugin) for kpi in outcome.kpis] == [("files", "Sizes")]
    assert outcome.job.opened_by is None
    assert outcome.imported == ()
    assert outcome.job.directory.is_relative_to(tmp_path)


def test_run_task_accepts_values(run_task, tmp_path):
    given = tmp_path / "one.pdb"
    given.write_text("ATOM      1  CA  ALA A   1      11.104   6.134  -6.504  1.00 10.00           C\nEND\n")
    assert run_task(values={"XYZIN": given}).status is JobStatus.FINISHED


def test_an_added_entry_point_belongs_to_a_distribution(entry_point, hook_session):
    entry_point("sizes", Sizes, version="2.1")
    (record,) = taking_part(hook_session())
    assert (record.name, record.distribution, record.version, record.state.value) == (
        "sizes",
        "kit-sizes",
        "2.1",
        "loaded",
    )


def test_a_plugin_that_cannot_be_imported_ends_the_test(entry_point, hook_session):
    entry_point("broken", "no_such_module_anywhere")
    with pytest.raises(pytest.fail.Exception, match=r"broken: cannot be imported: .*no_such_module_anywhere"):
        hook_session()
    assert taking_part(hook_session(plugins=("no:broken",))) == []


def test_a_plugin_that_is_installed_ends_the_test_that_adds_it_again(entry_point, hook_session):
    entry_point("kpi", Sizes)
    told = r"kpi: kit-kpi 1\.0 .*, or leave out entry_point\('kpi', \.\.\.\) and call hook_session\(allow=\('kpi',\)"
    with pytest.raises(pytest.fail.Exception, match=told):
        hook_session()


def test_an_installed_plugin_is_loaded_by_its_name(hook_session):
    assert [record.name for record in taking_part(hook_session(allow=("kpi",)))] == ["kpi"]
    with pytest.raises(pytest.fail.Exception, match="kpis: no plugin has this name"):
        hook_session(allow=("kpis",))
    with pytest.raises(pytest.fail.Exception, match=r"validation: .*autoload is off. Call hook_session\(allow="):
        hook_session(project_tables={"lax": {"validation": {"strict": False}}})


def test_settings_of_an_unknown_plugin_are_an_error_that_names_no_file(hook_session):
    told = r"^The settings have a table \[projects\.lax\.plugins\.kpis\], but no plugin has that name; did you mean"
    with pytest.raises(UnknownNameError, match=told):
        hook_session(project_tables={"lax": {"kpis": {}}})


def test_entry_points_are_removed_after_the_test(hook_session):
    session = hook_session(autoload=True, allow=None)
    assert {"sizes", "broken"} & {record.name for record in session.plugins} == set()


def test_hook_job_and_hook_file_create_directories_and_files(hook_job, hook_file):
    job = hook_job(number="3.1", title="Mine")
    assert (job.number, job.title, job.directory.name, job.directory.is_dir()) == ("3.1", "Mine", "job_1", True)
    assert job == hook_job(number="3.1", title="Mine")
    file = hook_file("XYZOUT.pdb", b"END\n")
    assert (file.parameter, file.size_bytes, file.path.read_bytes()) == ("outputData.XYZOUT", 4, b"END\n")
    assert not hook_file("HKLOUT.mtz", None).path.exists()


def test_a_plugin_added_by_entry_point_receives_its_settings(entry_point, hook_session):
    seen = []

    class Asking:
        @hookimpl
        def configure(self, settings: Settings):
            seen.append(settings.tables)

    entry_point("asking", Asking)
    hook_session(tables={"asking": {"limit": 3}})
    assert seen == [{"asking": {"limit": 3}}]
    with pytest.raises(UnknownNameError, match=r"plugins\.asking"):
        hook_session(tables={"askin": {"limit": 3}})


def test_importing_the_kit_loads_no_slow_module():
    code = (
        "import json, sys, pytest; known = set(sys.modules); import ccp4hooks.testing; "
        "print(json.dumps(sorted(set(sys.modules) - known)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = json.loads(done.stdout)
    assert {name.partition(".")[0] for name in loaded} & HEAVY == set()
    assert "ccp4hooks.testing" in loaded
    standard = {*sys.stdlib_module_names, "tomli"}  # Since Python 3.11 it is in the standard library.
    others = [name for name in loaded if name.partition(".")[0] not in standard]
    assert len(others) < 140, others


def test_a_plugin_that_is_not_used_ends_the_test_that_gives_it_to_run_task(run_task):
    with pytest.raises(
        pytest.fail.Exception, match=r"not used: ccp4hooks_validation: .*its class ValidationPlugin does"
    ):
        run_task(ccp4hooks_validation)


def test_an_unknown_kind_of_sample_is_named_with_the_known_ones():
    with pytest.raises(UnknownNameError, match=r"Unknown kind of sample 'spots'\. There are mtz and pdb\."):
        sample("spots")


BAD = {
    "Scribbler": ("(job.directory / 'mine.txt').write_text('x')", "a gleaner must not write files, but it changed"),
    "Thrower": ("open(file.path, 'rb').read()", "FileNotFoundError"),
    "Changer": ("return ccp4hooks.FileMetadata(extra={'n': next(COUNT)})", "assert [FileMetadata"),
    "Mistaker": ("return 'text'", "it must return FileMetadata or None, not str"),
    "Vast": (
        "return ccp4hooks.FileMetadata(extra={'n': 2**53 + 1})",
        "these values would be left out or changed",
    ),
}


def test_the_contract_fails_for_gleaners_that_break_it(tmp_path):
    """Run pytest in a new process, as a plugin author does."""
    (tmp_path / "heavy_one.py").write_text(
        "import gemmi, ccp4hooks\n@ccp4hooks.hookimpl\ndef init_store(): return ()\n"
    )
    text = "import itertools, ccp4hooks, heavy_one\nfrom ccp4hooks.testing import GleanerContract\n"
    text += "COUNT = itertools.count()\nclass TestHeavy(GleanerContract):\n    plugin = heavy_one\n"
    for name, (body, _) in BAD.items():
        text += f"class {name}:\n    @ccp4hooks.hookimpl\n    def glean_file(self, job, file):\n        {body}\n"
        text += f"class Test{name}(GleanerContract):\n    plugin = {name}()\n"
    (tmp_path / "test_bad.py").write_text(text)
    chosen = (
        "(Heavy and (importing or it_is)) or (Scribbler and writes and missing) or (Thrower and types and missing)"
        " or (Changer and twice) or (Mistaker and types and whole) or (Vast and types and whole)"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", tmp_path, "-k", chosen]
    done = subprocess.run([*command, tmp_path], cwd=tmp_path, capture_output=True, text=True, check=False)
    said = done.stdout
    assert "7 failed" in said
    assert "passed" not in said
    for words in (
        *(words for _, words in BAD.values()),
        "import gemmi inside the",
        "the plugin implements none of glean_",
    ):
        assert words in said
