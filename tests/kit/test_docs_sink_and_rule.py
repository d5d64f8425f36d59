"""The sink and the rule on the page on them pass the tests on the page, and the page quotes what they say."""

import re
import sys
import tempfile
from pathlib import Path

import pytest

from ccp4hooks import BadInputError, RefusedError, hookimpl, load_settings
from ccp4hooks.testing import sample

PAGE = (Path(__file__).parents[2] / "docs" / "howto" / "write-a-sink-or-a-rule.md").read_text(encoding="utf-8")


def block(name):
    (found,) = re.findall(rf"<!-- {name} -->\n```\w+\n(.*?)```", PAGE, re.DOTALL)
    return found


MODULES = {"lab_table": "sink", "lab_lines": "lines", "lab_rule": "rule", "lab_limit": "limit"}

_place = tempfile.TemporaryDirectory(prefix="ccp4hooks-docs-")
for _name, _block in MODULES.items():
    (Path(_place.name) / f"{_name}.py").write_text(block(_block), encoding="utf-8")
sys.path.insert(0, _place.name)
# The tests on the page become tests of this module.
for _block in MODULES.values():
    exec(compile(block(f"{_block}-tests"), _block, "exec"), globals())  # noqa: S102 - our own page


@pytest.fixture(autouse=True)
def _installed(tmp_path, monkeypatch):
    """Install the package, as far as entry points are concerned."""
    info = tmp_path / "installed" / "lab_plugins-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: lab-plugins\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(
        block("entries").replace("project.entry-points.", "").replace('"', ""), encoding="utf-8"
    )
    monkeypatch.syspath_prepend(info.parent)


@pytest.fixture
def options(tmp_path):
    """Return the settings of the sink, as the settings file on the page and the environment say."""
    path = tmp_path / "ccp4hooks.toml"
    path.write_text(block("settings"), encoding="utf-8")

    def read():
        from lab_table import Options

        return load_settings(config=path).plugin("lab-table", Options)

    return read


def test_the_settings_on_the_page_are_valid(options):
    found = options()
    assert found == type(found)(
        file="/data/jobs.sqlite",
        tasks=("servalcat", "refmac"),
        wait_s=60.0,
        command=("/usr/local/bin/lab-notice", "--job"),
    )


def test_a_variable_sets_a_setting_within_its_limits(options, monkeypatch):
    (name, value) = re.search(r"^export (\w+)=(\w+)$", PAGE, re.MULTILINE).groups()
    monkeypatch.setenv(name, value)
    monkeypatch.setenv("CCP4HOOKS_LAB_TABLE_TASKS", "a, b")
    assert (options().token, options().tasks) == (value, ("a", "b"))
    monkeypatch.setenv("CCP4HOOKS_LAB_TABLE_WAIT_S", "6000")
    with pytest.raises(BadInputError, match="must be at most 3600"):
        options()


def test_a_file_of_an_earlier_job_is_seen_in_pre_import_only(hook_session):
    import ccp4hooks_file_import

    seen = []

    class Rule:
        @hookimpl
        def pre_import(self, script):
            path = Path(str(script.container.inputData.XYZIN))
            seen.append(("pre_import", path.name, path.is_file()))

        @hookimpl
        def check_file(self, file):
            seen.append((type(file).__name__, file.path.name, file.path.is_file()))

    session = hook_session(ccp4hooks_file_import, Rule())
    session.run("coordinate_selector", {"XYZIN": sample("pdb")}, project="p")
    name = sample("pdb").name
    first = [("pre_import", name, True), ("ImportedFile", name, True), ("GleanedFile", "XYZOUT.pdb", True)]
    assert seen == first
    session.run("coordinate_selector", {"XYZIN": "@1.XYZOUT"}, project="p")
    assert seen[3:] == [("pre_import", "XYZOUT.pdb", True), ("GleanedFile", "XYZOUT.pdb", True)]


def test_the_page_quotes_a_refusal(hook_session, files):
    names = re.findall(r'^(\S+) = "\S+"$', block("entries"), re.MULTILINE)
    session = hook_session(allow=names, tables={"lab-rule": {"scratch": [str(files["scratch"].parent)]}})
    with pytest.raises(RefusedError) as refused:
        session.run("coordinate_selector", {"XYZIN": files["scratch"]}, project="p")
    assert str(refused.value) == block("refused").strip()
