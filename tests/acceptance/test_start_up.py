"""``--help`` and ``--version`` start quickly."""

import subprocess
import sys

import pytest

from ccp4hooks import __version__

PROBE = """
import sys
from ccp4hooks.cli import main
sys.argv = ["ccp4hooks", *sys.argv[1:]]
try:
    main()
finally:
    heavy = {"django", "ccp4i2", "asyncio", "rich", "structlog", "msgspec", "gemmi", "numpy"}
    print("HEAVY", sorted(heavy & set(sys.modules)), file=sys.stderr)
"""


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_import_no_slow_module(option):
    done = subprocess.run([sys.executable, "-c", PROBE, option], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "HEAVY []"


def test_version_is_that_of_the_package(command):
    assert command("--version").stdout == f"ccp4hooks {__version__}\n"


def test_the_help_lists_every_subcommand_and_exit_code(command):
    text = command("--help").stdout
    for name in ("run", "tasks", "describe", "plugins", "projects", "jobs", "show", "init", "demo"):
        assert f"\n  {name} " in text
    for code in (0, 1, 2, 3, 4, 5, 6, 7, 130):
        assert f"\n    {code} " in text


@pytest.mark.parametrize("name", ["run", "tasks", "describe", "plugins", "projects", "jobs", "show", "init", "demo"])
def test_every_subcommand_has_help_with_the_shared_options(name):
    from click.testing import CliRunner

    from ccp4hooks.cli import cli

    result = CliRunner().invoke(cli, [name, "--help"])
    assert result.exit_code == 0
    assert "--plugin" in result.output
    assert "--debug" in result.output


def test_an_invalid_command_line_exits_with_2_and_shows_the_usage(command):
    for arguments in (["rnu"], ["run"], ["run", "freerflag", "F_SIGF"], ["jobs", "--nope"]):
        done = command(*arguments)
        assert done.returncode == 2
        assert "Usage:" in done.stderr
        assert not done.stdout


def test_the_package_runs_as_a_module():
    done = subprocess.run([sys.executable, "-m", "ccp4hooks", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"ccp4hooks {__version__}\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["rnu"], "No such command 'rnu'. Did you mean run?"),
        (["jbos", "demo"], "No such command 'jbos'. Did you mean jobs?"),
        (["plugins", "shwo"], "No such command 'shwo'. Did you mean show?"),
        (["plugins", "kpi"], "No such command 'kpi'. Its commands are show."),
    ],
)
def test_an_unknown_command_is_named_with_the_nearest_ones(command, words, message):
    done = command(*words)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == f"Error: {message}"
