from pathlib import Path

import pytest
from unit.samples import make_project, make_settings, tiny


@pytest.fixture(scope="session")
def data():
    """The real data that the ccp4i2 wheel carries."""
    import ccp4i2

    wrappers = Path(ccp4i2.__file__).parent / "wrappers"
    return {
        "fsigf": wrappers / "freerflag/test_data/rnase25_fsigf.mtz",
        "freer": wrappers / "freerflag/test_data/rnase25_freer.mtz",
        "monster": wrappers / "freerflag/test_data/rnase25.mtz",
        "model": wrappers / "chainsaw/test_data/1a80_A.pdb",
    }


@pytest.fixture
def project(tmp_path):
    return make_project(tmp_path / "projects" / "demo")


@pytest.fixture
def open_with(tmp_path, monkeypatch):
    """Opens a session without a database; plugins by name as keywords."""
    monkeypatch.delenv("DATABASE_URL", raising=False)

    def make(*switches, dry_run=False, **plugins):
        from ccp4hooks import open_session

        settings = make_settings(tmp_path / "projects", *switches, dry_run=dry_run)
        return open_session(settings, extra={name.replace("_", "-"): plugin for name, plugin in plugins.items()})

    return make


@pytest.fixture
def build(tmp_path):
    """Builds real scripts, and keeps them: CCP4i2's containers hold their children by weak references."""
    scripts = []

    def make(task):
        from ccp4hooks.i2 import scripts as i2_scripts
        from ccp4hooks.runtime import stdio

        with stdio.output_dropped():
            scripts.append(i2_scripts.build_script(task, "", tmp_path))
        return scripts[-1]

    return make


@pytest.fixture
def run(open_with, data):
    """Runs freerflag on the RNase data with one tiny plugin, called `tiny`."""

    def make(function, *values, task="freerflag", switches=(), **options):
        session = open_with(*switches, tiny=tiny(function), **options)
        given = values or (("F_SIGF", str(data["fsigf"])),)
        return session.run(task, given, project="demo").outcome

    return make
