"""What the pages promise to plugins between versions of the contract.

``contracts/versions.json`` has the hooks (kind and arguments) and the fields of values of each version.
"""

import dataclasses
import json
import re
from pathlib import Path

import pytest
from kit.contracts import plugin_1_0
from packaging.version import Version

import ccp4hooks
from ccp4hooks import RefusedError, load_settings, open_session
from ccp4hooks.hookspecs import CONTRACT_VERSION, HOOKS
from ccp4hooks.testing import sample

HERE = Path(__file__).parent
VERSIONS = json.loads((HERE / "contracts" / "versions.json").read_text(encoding="utf-8"))
PAGE = (HERE.parents[1] / "docs" / "howto" / "ship-a-task-package.md").read_text(encoding="utf-8")

DEF_FILE = """<?xml version="1.0"?>
<ccp4i2>
  <ccp4i2_body id="old_task">
    <container id="inputData"><content id="XYZIN"><className>CPdbDataFile</className></content></container>
    <container id="outputData"><content id="XYZOUT"><className>CPdbDataFile</className></content></container>
    <container id="controlParameters"/>
  </ccp4i2_body>
</ccp4i2>
"""


@pytest.mark.parametrize("version", VERSIONS)
def test_hooks_keep_their_kinds_and_their_arguments_in_order(version):
    for name, (kind, *arguments) in VERSIONS[version]["hooks"].items():
        hook = HOOKS[name]
        assert (name, hook.kind.name) == (name, kind)
        assert (name, [one for one in hook.arguments if one in arguments]) == (name, arguments)


@pytest.mark.parametrize("version", VERSIONS)
def test_values_keep_their_fields_and_new_ones_have_defaults(version):
    for name, fields in VERSIONS[version]["values"].items():
        present = {field.name: field for field in dataclasses.fields(getattr(ccp4hooks, name))}
        assert (name, sorted(set(fields) - set(present))) == (name, [])
        needed = [
            field.name
            for field in present.values()
            if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        ]
        assert (name, sorted(set(needed) - set(fields))) == (name, [])


def test_the_version_is_later_than_those_that_are_kept_and_stands_in_the_docs():
    assert Version(CONTRACT_VERSION) > max(map(Version, VERSIONS))
    assert Version(CONTRACT_VERSION).major == 1
    assert re.search(r"It has a version, now (\d\.\d),", PAGE).group(1) == CONTRACT_VERSION


@pytest.fixture
def session(tmp_path, monkeypatch):
    plugin_1_0.SEEN.clear()
    (tmp_path / "old_task.def.xml").write_text(DEF_FILE, encoding="utf-8")
    config = tmp_path / "settings.toml"
    config.write_text(f'autoload = false\n[plugins.old]\nlimit = 5\ndirectory = "{tmp_path}"\n', encoding="utf-8")
    monkeypatch.setenv("CCP4I2_HOME", str(tmp_path / "home"))
    settings = load_settings(config=config, projects_dir=tmp_path / "projects")
    return open_session(settings, extra={"old": plugin_1_0.Plugin})


def test_a_plugin_of_version_1_0_runs_in_the_life_of_a_job(session):
    (record,) = [record for record in session.plugins if record.name == "old"]
    assert (record.state.value, record.why) == ("loaded", "")
    outcome = session.run("old_task", {"XYZIN": str(sample("pdb"))}, project="p").outcome
    assert outcome.status.name == "FINISHED"
    assert [(kpi.key, kpi.value, kpi.origin.plugin) for kpi in outcome.kpis] == [("oldCount", 1, "old")]
    assert [problem.message for problem in outcome.problems] == ["job 1 was seen"]
    metadata = ("outputData.XYZOUT", "seen by an old plugin", {"task": "old_task"})
    assert [(file.parameter, file.annotation, file.extra) for file in outcome.files] == [metadata]
    seen = plugin_1_0.SEEN
    assert ("configure", "ccp4hooks", False, 5) in seen
    assert ("pre_import", "old_task", "old_task", None) in seen
    assert ("find_import", "1", 32, "chemical/x-pdb") in seen
    assert ("import_file", "1", "inputData.XYZIN", "chemical/x-pdb", None) in seen
    assert ("job_status", "1", "PENDING", "RUNNING") in seen
    assert ("post_execute", "1", "old_task", "SUCCEEDED") in seen
    assert ("glean_file", "outputData.XYZOUT", True) in seen
    assert ("check_file", "1", "outputData.XYZOUT") in seen
    assert seen[-1] == ("job_finished", True, "FINISHED", {"oldCount": 1}, [metadata])


def test_a_plugin_of_version_1_0_refuses_a_job_and_is_asked_outside_of_jobs(session):
    with pytest.raises(RefusedError, match=r"HKLIN: no headers today Wait\. \[old\]"):
        session.run("mtzheader", {"HKLIN": str(sample("mtz"))}, project="p")
    assert "nothing to do" in "\n".join(session.init_store())
    assert ("old", "limit 5") in session.examined()
    assert {("init_store",), ("examine",)} <= set(plugin_1_0.SEEN)
