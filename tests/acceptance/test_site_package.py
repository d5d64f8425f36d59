"""A plugin package of a site is built, installed with pip and loaded from its entry points."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from acceptance.author import Author, done

from ccp4hooks import BadInputError, load_settings, open_session
from ccp4hooks.hookspecs import CONTRACT_VERSION
from ccp4hooks.i2.tasks import task_table

SOURCE = Path(__file__).parents[1] / "site_package"
NEXT_CONTRACT = f">={int(CONTRACT_VERSION.partition('.')[0]) + 1}"
OWN = ("site-gleaner", "site-sink", "site-tasks")
CHANGES = {
    "1.0": {},
    "1.1": {"sink.py": ("from pathlib import Path", "import no_such_module")},
    "2.0": {"gleaner.py": (">=1.0,<2", NEXT_CONTRACT)},
}
"""Changes to the sources, by release."""


class Site(Author):
    """A virtual environment with the package of the site."""

    def __init__(self, home):
        super().__init__(home)
        self.version = None

    def wheel(self, version):
        """Build the wheel of a release."""
        folder = self.home / f"source-{version}"
        shutil.copytree(SOURCE, folder, ignore=shutil.ignore_patterns("__pycache__", "conftest.py"))
        project = folder / "pyproject.toml"
        project.write_text(project.read_text().replace('version = "1.0"', f'version = "{version}"'))
        for name, (old, new) in CHANGES[version].items():
            module = folder / "src" / "site_crystals" / name
            assert old in module.read_text()
            module.write_text(module.read_text().replace(old, new))
        build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(self.home / "wheels")]
        subprocess.run(build, cwd=folder, check=True, capture_output=True)
        return self.home / "wheels" / f"site_crystals-{version}-py3-none-any.whl"

    def at(self, version):
        """Install a release in place of the current one."""
        if version != self.version:
            wheel = self.home / "wheels" / f"site_crystals-{version}-py3-none-any.whl"
            done(self.install(wheel if wheel.exists() else self.wheel(version)))
            self.version = version


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return Site(tmp_path_factory.mktemp("site"))


def forget_modules():
    for name in [name for name in sys.modules if name.startswith("site_crystals")]:
        del sys.modules[name]


@pytest.fixture
def opened(site, tmp_path, monkeypatch):
    """Open a session as in the environment of the site."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)

    def make(version, *switches, settings=""):
        site.at(version)
        forget_modules()
        monkeypatch.syspath_prepend(site.site)
        (tmp_path / "ccp4hooks.toml").write_text(settings)
        session = open_session(load_settings(plugins=("no:database", *switches)))
        states = {one.name: (one.version, one.state.value, one.why) for one in session.plugins}
        return session, {name: states[name] for name in OWN if name in states}

    yield make
    forget_modules()
    task_table.remove_tasks(["site_count"])


def loaded(version, *names):
    return dict.fromkeys(names, (version, "loaded", ""))


def test_an_installed_package_runs_its_task_and_calls_its_sink(site, data):
    site.at("1.0")
    (site.home / "ccp4hooks.toml").write_text("[plugins.site-sink]\ndirectory = 'finished'\n")
    plugins = {one["name"]: one for one in json.loads(done(site("ccp4hooks.cli", "plugins", "--json")))}
    found = {(plugins[name]["state"], plugins[name]["distribution"]) for name in OWN}
    assert found == {("loaded", "site-crystals")}
    assert plugins["site-tasks"]["hooks"] == ["register_tasks"]
    model = data / "chainsaw" / "test_data" / "1a80_A.pdb"
    words = ("ccp4hooks.cli", "-p", "no:database", "--projects-dir", "projects")
    ran = done(site(*words, "run", "site_count", f"XYZIN={model}"))
    rows = [line.split() for line in ran.splitlines()]
    assert ["1", "Atoms", "2122", "kpi"] in rows
    assert [row[-1] for row in rows if row[1:2] == ["siteFiles"]] == ["site-gleaner"]
    (file,) = (site.home / "finished").iterdir()
    assert file.read_text() == "1 site_count FINISHED\n"


def test_disabling_one_plugin_of_a_package_keeps_the_others(opened):
    session, states = opened("1.0", "no:site-tasks")
    assert states.pop("site-tasks") == ("1.0", "disabled", "switched off by no:site-tasks (option -p)")
    assert states == loaded("1.0", "site-gleaner", "site-sink")
    with pytest.raises(BadInputError, match="Unknown task 'site_count'"):
        session.run("site_count", project="p")


def test_a_plugin_that_is_not_allowed_is_not_imported(opened, tmp_path):
    allow = '[plugins]\nallow = ["file-import", "kpi", "validation", "site-gleaner"]\n'
    session, states = opened("1.0", settings=allow)
    blocked = ("1.0", "disabled", f"not in the list plugins.allow ({tmp_path / 'ccp4hooks.toml'})")
    assert states == {"site-sink": blocked, "site-tasks": blocked, **loaded("1.0", "site-gleaner")}
    assert not {"site_crystals.sink", "site_crystals.tasks"} & sys.modules.keys()
    assert "site_count" not in {task.name for task in session.tasks()}


def test_a_broken_plugin_is_failed_with_a_reason_and_the_others_are_used(opened, site, data):
    session, states = opened("1.1")
    version, state, why = states.pop("site-sink")
    assert (version, state) == ("1.1", "failed")
    place = f"({Path(site.site) / 'site_crystals' / 'sink.py'}, line 4)"
    cure = "Fix the plugin, or disable it with `-p no:site-sink`."
    assert why == f"cannot be imported: ModuleNotFoundError: No module named 'no_such_module' {place}. {cure}"
    assert states == loaded("1.1", "site-gleaner", "site-tasks")
    model = data / "chainsaw" / "test_data" / "1a80_A.pdb"
    outcome = session.run("site_count", [("XYZIN", str(model))], project="p").outcome
    assert {kpi.key: kpi.origin.version for kpi in outcome.kpis if kpi.key == "siteFiles"} == {"siteFiles": "1.1"}


def test_a_plugin_for_a_later_contract_is_rejected_and_the_others_are_used(opened):
    _, states = opened("2.0")
    version, state, why = states.pop("site-gleaner")
    assert (version, state) == ("2.0", "rejected")
    assert why.startswith(
        f"it requires version {NEXT_CONTRACT} of the hook specification, and this is version {CONTRACT_VERSION}; "
    )
    assert states == loaded("2.0", "site-sink", "site-tasks")
    assert opened("1.0")[1] == loaded("1.0", *OWN)
