"""``ccp4hooks new-plugin`` creates a plugin that can be installed and tested without changes."""

import json

import pytest
from acceptance.author import Author, done

from ccp4hooks.cli.templates import KINDS


@pytest.fixture(scope="module")
def author(tmp_path_factory):
    return Author(tmp_path_factory.mktemp("author"))


@pytest.mark.sampled(3)
@pytest.mark.parametrize("kind", KINDS)
def test_a_new_plugin_can_be_installed_and_passes_its_tests(author, kind):
    name = f"demo-{kind}"
    said = done(author("ccp4hooks.cli", "new-plugin", name, f"--{kind}"))
    assert f"pip install -e '{author.home / name}[test]'" in said
    done(author.install("-e", name))
    tested = done(author("pytest", "-q", "-W", "error", "-p", "no:cacheprovider", name))
    assert "passed" in tested
    assert "skipped" not in tested
    plugins = {plugin["name"]: plugin for plugin in json.loads(done(author("ccp4hooks.cli", "plugins", "--json")))}
    assert (plugins[name]["state"], plugins[name]["distribution"]) == ("loaded", name)


@pytest.mark.sampled(2)
@pytest.mark.parametrize("options", [(), ("--task",)])
def test_a_new_plugin_shows_what_it_does(author, options):
    name = "shown-task" if options else "shown-gleaner"
    done(author("ccp4hooks.cli", "new-plugin", name, *options))
    done(author.install("-e", name))
    if options:
        assert "shown_task" in done(author("ccp4hooks.cli", "tasks"))
        return
    shown = done(author("ccp4hooks.cli", "demo", f"demo-of-{name}"))
    assert [line.split()[-1] for line in shown.splitlines() if "diskUseShownGleaner" in line] == [name] * 5


def test_an_existing_directory_is_not_overwritten(command):
    (command.directory / "mine-own").mkdir()
    refused = command("new-plugin", "mine-own")
    assert refused.returncode == 4
    assert "already exists. Choose another name" in refused.stderr
    assert list((command.directory / "mine-own").iterdir()) == []
    assert [path.name for path in command.directory.iterdir()] == ["mine-own"]


@pytest.mark.parametrize("name", ["Demo", "a b", "../up", "1st", "class", "a--b", "x.y", "-x-", ""])
def test_an_invalid_name_is_rejected_and_nothing_is_written(command, name):
    refused = command("new-plugin", "--", name)
    assert refused.returncode == 4
    assert "is not a valid plugin name" in refused.stderr
    assert list(command.directory.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [("kpi", "A plugin 'kpi' is already installed"), ("json", "A Python module 'json' already exists")],
)
def test_a_name_in_use_is_rejected(command, name, words):
    refused = command("new-plugin", name)
    assert (refused.returncode, words in refused.stderr) == (4, True)


def test_the_parent_directory_is_created(command):
    assert command("new-plugin", "far-away", "--directory", "a/b").returncode == 0
    assert (command.directory / "a/b/far-away/pyproject.toml").is_file()
    assert [path.name for path in (command.directory / "a/b").iterdir()] == ["far-away"]
