import sys
from pathlib import Path

import ccp4i2
import pytest

from ccp4hooks import load_settings, open_session

CCP4I2 = Path(ccp4i2.__file__).parent
# The plugin manager imports these files, not pytest.
collect_ignore_glob = ["tasks/*"]
TASKS = Path(__file__).parent / "tasks"
SITE_PACKAGE = Path(__file__).parents[1] / "site_package" / "src"


@pytest.fixture(scope="session")
def data():
    """The real data in the ccp4i2 wheel."""
    return {
        "fsigf": CCP4I2 / "wrappers/freerflag/test_data/rnase25_fsigf.mtz",
        "monster": CCP4I2 / "wrappers/freerflag/test_data/rnase25.mtz",
        "model": CCP4I2 / "wrappers/chainsaw/test_data/1a80_A.pdb",
        "tasks": TASKS,
        "site_package": SITE_PACKAGE,
    }


@pytest.fixture
def session(tmp_path, monkeypatch):
    """Opens sessions without a database, with the test pipeline from `it_tasks`."""
    monkeypatch.syspath_prepend(str(TASKS))
    monkeypatch.delenv("DATABASE_URL", raising=False)

    def make(*switches, dry_run=False, **extra):
        settings = load_settings(
            projects_dir=tmp_path / "projects", plugins=("no:database", "it_tasks", *switches), dry_run=dry_run
        )
        return open_session(settings, extra={name.replace("_", "-"): plugin for name, plugin in extra.items()})

    yield make
    for name in ("it_tasks", "it_scripts"):
        sys.modules.pop(name, None)
