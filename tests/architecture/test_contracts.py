"""The import contracts hold, and each of them fails when it is broken."""

import configparser
import os
import shutil
import subprocess
import sys

import pytest
from architecture.sources import ROOT

CONFIG = ROOT / ".importlinter"
LINT = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"

BREACHES = {
    "core-rooms": [
        ("ccp4hooks/plugins/dispatcher.py", "from ccp4hooks import session"),
        ("ccp4hooks/errors.py", "from ccp4hooks import settings"),
        ("ccp4hooks/session.py", "from ccp4hooks import cli"),
        ("ccp4hooks/i2/file_objects.py", "from ccp4hooks.jobs import runner"),
        ("ccp4hooks/model/jobs.py", "if TYPE_CHECKING:\n        from ccp4hooks.settings import Settings"),
        ("ccp4hooks/unplaced.py", "import json"),
    ],
    "database-rooms": [
        ("plugins/ccp4hooks_database/connection/store.py", "from ccp4hooks_database.repository import orphans"),
        ("plugins/ccp4hooks_database/repository/read.py", "from ccp4hooks_database.api import handler"),
    ],
    "no-circles": [
        ("ccp4hooks/jobs/active_job.py", "from ccp4hooks.jobs import lifecycle"),
        ("ccp4hooks/jobs/run_context.py", "if TYPE_CHECKING:\n        from ccp4hooks.jobs.job_tree import JobTree"),
        ("plugins/ccp4hooks_database/repository/jobs.py", "from ccp4hooks_database.repository import opening"),
    ],
    "core-without-plugins": [("ccp4hooks/session.py", "import ccp4hooks_kpi")],
    "plugins-apart": [("plugins/ccp4hooks_kpi/__init__.py", "import ccp4hooks_validation")],
    "plugins-use-public-names": [
        ("plugins/ccp4hooks_kpi/__init__.py", "from ccp4hooks.model import Job"),
        ("plugins/ccp4hooks_demo/pipeline.py", "from ccp4hooks.i2 import scripts"),
        ("plugins/ccp4hooks_database/connection/store.py", "from ccp4hooks.cli import main"),
    ],
    "ccp4i2-in-its-room": [
        ("ccp4hooks/tasks/catalog.py", "import ccp4i2"),
        ("ccp4hooks/cli/render.py", "from ccp4i2.core.tasks import TASKS"),
    ],
    "ccp4i2-in-plugins": [
        ("plugins/ccp4hooks_kpi/__init__.py", "import ccp4i2"),
        ("plugins/ccp4hooks_database/api/handler.py", "from ccp4i2.db.models import Job"),
    ],
    "core-without-django": [("ccp4hooks/i2/scripts.py", "import django.db")],
}
"""By contract: files and the line that breaks it there."""


def contracts():
    """Name of every contract by its identity."""
    parser = configparser.ConfigParser()
    parser.read(CONFIG, encoding="utf-8")
    start = "importlinter:contract:"
    return {section.removeprefix(start): parser[section]["name"] for section in parser.sections() if start in section}


def lint(folder, *options):
    """Run lint-imports on the packages in a folder."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(folder / "plugins")])}
    command = [sys.executable, "-c", LINT, "--config", str(CONFIG), "--no-cache", "--no-logo", *options]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    folder = tmp_path_factory.mktemp("packages")
    for name in ("ccp4hooks", "plugins"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def test_every_contract_holds():
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Contracts: {len(contracts())} kept, 0 broken." in done.stdout


def test_the_copy_that_is_broken_below_is_whole_before(copied):
    assert lint(copied).returncode == 0


def test_every_contract_is_broken_once_below():
    assert list(BREACHES) == list(contracts())


@pytest.mark.parametrize(("contract", "name", "line"), [(key, *one) for key, many in BREACHES.items() for one in many])
def test_a_contract_fails_where_it_is_broken(copied, contract, name, line):
    path = copied / name
    before = path.read_text(encoding="utf-8") if path.exists() else None
    path.write_text(f"{before or ''}\n\ndef offend():\n    {line}\n", encoding="utf-8")
    try:
        done = lint(copied, "--contract", contract)
    finally:
        path.unlink() if before is None else path.write_text(before, encoding="utf-8")
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{contracts()[contract]} BROKEN" in done.stdout
    assert name.removesuffix(".py").removesuffix("/__init__").rpartition("/")[2] in "".join(done.stdout.split())
