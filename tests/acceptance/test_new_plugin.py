"""From nothing to a plugin that is installed, found and tested, without editing a file."""

import json
import os
import subprocess
import sys
import sysconfig

import pytest


class Author:
    """Somebody with an environment of their own, on top of the one that runs these tests."""

    def __init__(self, home):
        self.home = home
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", home / "env"], check=True)
        self.python = home / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
        found = self("import sysconfig; print(sysconfig.get_path('purelib'))", flag="-c").stdout.strip()
        paths = [sysconfig.get_path("purelib")]
        with open(f"{found}/beneath.pth", "w", encoding="utf-8") as stream:  # noqa: PTH123
            # addsitedir, so that editable installations of that environment are seen as well.
            stream.writelines(f"import site; site.addsitedir({path!r})\n" for path in paths)

    def __call__(self, *words, flag="-m"):
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("CCP4", "DATABASE", "PY"))}
        return subprocess.run(
            [self.python, flag, *words],
            cwd=self.home,
            env={**clean, "HOME": str(self.home)},
            capture_output=True,
            text=True,
            check=False,
        )

    def install(self, folder):
        options = ("--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check", "-q")
        return self("pip", "install", *options, "-e", folder)


@pytest.fixture(scope="module")
def author(tmp_path_factory):
    return Author(tmp_path_factory.mktemp("author"))


def done(process):
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


@pytest.mark.parametrize("options", [(), ("--task",)], ids=["gleaner", "task"])
def test_a_new_plugin_installs_is_found_passes_its_tests_and_gives_its_kpi(author, options):
    name = "demo-counter" if options else "demo-gleaner"
    said = done(author("ccp4hooks.cli", "new-plugin", name, *options))
    assert f"pip install -e '{author.home / name}[test]'" in said
    done(author.install(name))
    tested = done(author("pytest", "-q", "-W", "error", "-p", "no:cacheprovider", name))
    assert "passed" in tested
    assert "skipped" not in tested
    plugins = {plugin["name"]: plugin for plugin in json.loads(done(author("ccp4hooks.cli", "plugins", "--json")))}
    assert (plugins[name]["state"], plugins[name]["distribution"]) == ("loaded", name)
    module = name.replace("-", "_")
    if options:
        assert f"{module}" in done(author("ccp4hooks.cli", "tasks"))
    shown = done(author("ccp4hooks.cli", "demo", f"demo-of-{name}"))
    kpi = "diskUse" + "".join(part.capitalize() for part in name.split("-"))
    assert [line.split()[-1] for line in shown.splitlines() if kpi in line] == [name] * 5


def test_what_is_there_is_not_written_over(command):
    (command.directory / "mine-own").mkdir()
    refused = command("new-plugin", "mine-own")
    assert refused.returncode == 4
    assert "exists already. Choose another name" in refused.stderr
    assert list((command.directory / "mine-own").iterdir()) == []
    assert [path.name for path in command.directory.iterdir()] == ["mine-own"]


@pytest.mark.parametrize("name", ["Demo", "a b", "../up", "1st", "class", "a--b", "x.y", "-x-", ""])
def test_an_illegal_name_is_refused_and_nothing_written(command, name):
    refused = command("new-plugin", "--", name)
    assert refused.returncode == 4
    assert "cannot be the name of a plugin" in refused.stderr
    assert list(command.directory.iterdir()) == []


@pytest.mark.parametrize(("name", "words"), [("kpi", "an installed plugin 'kpi'"), ("json", "a Python module 'json'")])
def test_a_name_that_is_taken_is_refused(command, name, words):
    refused = command("new-plugin", name)
    assert (refused.returncode, words in refused.stderr) == (4, True)


def test_a_directory_is_made_where_it_is_wanted(command):
    assert command("new-plugin", "far-away", "--directory", "a/b").returncode == 0
    assert (command.directory / "a/b/far-away/pyproject.toml").is_file()
    assert [path.name for path in (command.directory / "a/b").iterdir()] == ["far-away"]
