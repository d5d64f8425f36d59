"""Settings and tags of one project, which a rule of a site can ask for."""

import json
import shutil

import pytest
from click.testing import CliRunner

from ccp4hooks import (
    BadInputError,
    Problem,
    RefusedError,
    Severity,
    UnknownNameError,
    hookimpl,
    load_settings,
    open_session,
)
from ccp4hooks.cli import cli
from ccp4hooks.settings import PROJECT_FILE, project_file
from ccp4hooks.testing import sample

PLUGINS = '[plugins]\nallow = ["database", "file-import", "validation"]\n'


@pytest.fixture
def opened(tmp_path, monkeypatch):
    monkeypatch.setenv("CCP4I2_HOME", str(tmp_path / "home"))

    def session(text="", **extra):
        config = tmp_path / "settings.toml"
        config.write_text(PLUGINS + text, encoding="utf-8")
        database = f"sqlite:///{tmp_path}/db.sqlite3"
        settings = load_settings(config=config, projects_dir=tmp_path / "projects", database=database)
        return open_session(settings, extra=extra)

    return session


@pytest.fixture
def misnamed(tmp_path):
    """A model in PDB format whose name ends in .cif, of which validation warns."""
    path = tmp_path / "model.cif"
    shutil.copyfile(sample("pdb"), path)
    return {"XYZIN": str(path)}


def is_refused(session, values, project):
    try:
        outcome = session.run("coordinate_selector", values, project=project).outcome
    except RefusedError:
        return True
    assert outcome.status.name == "FINISHED"
    return False


def write_own(session, project, text):
    (session.create_project(project).directory / PROJECT_FILE).write_text(text, encoding="utf-8")


STRICT = "[plugins.validation]\nstrict = true\n"
LOOSE = "[plugins.validation]\nstrict = false\n"


def test_a_project_is_strict_by_the_settings_of_the_site(opened, misnamed):
    session = opened("[projects.careful.plugins.validation]\nstrict = true\n")
    assert is_refused(session, misnamed, "careful")
    assert not is_refused(session, misnamed, "other")


def test_a_project_is_strict_by_its_own_file_which_is_read_for_each_job(opened, misnamed):
    session = opened()
    write_own(session, "careful", STRICT)
    assert is_refused(session, misnamed, "careful")
    assert not is_refused(session, misnamed, "other")
    (session.project("careful").directory / PROJECT_FILE).write_text(LOOSE, encoding="utf-8")
    assert not is_refused(session, misnamed, "careful")


@pytest.mark.parametrize("directory", ["none", "a_file", "p" * 256, "p/" * 2040])
def test_a_project_without_a_directory_has_no_file_of_its_own(tmp_path, directory):
    (tmp_path / "a_file").touch()
    assert project_file(tmp_path / directory / PROJECT_FILE) == {}


def test_own_file_every_project_this_project_and_environment_count_in_this_order(opened, misnamed, monkeypatch):
    text = STRICT
    session = opened(text)
    assert is_refused(session, misnamed, "p")
    write_own(session, "own", LOOSE)
    assert not is_refused(session, misnamed, "own")
    text += '[projects."*".plugins.validation]\nstrict = true\n'
    assert is_refused(opened(text), misnamed, "own")
    text += "[projects.own.plugins.validation]\nstrict = false\n"
    assert not is_refused(opened(text), misnamed, "own")
    monkeypatch.setenv("CCP4HOOKS_VALIDATION_STRICT", "true")
    assert is_refused(opened(text), misnamed, "own")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("strict = [", "cannot be read: "),
        ("[plugins.validation]\nstrickt = true\n", "Unknown setting 'plugins.validation.strickt'"),
        ("[plugins.validation]\nstrict = 1\n", "must be of type bool, not int"),
        ('database = "sqlite:///x"\n', "Unknown setting 'database'"),
        ("plugins = 1\n", "must be a table: [plugins.NAME]"),
        ("[plugins]\nvalidation = 1\n", "must be a table: [plugins.validation]"),
    ],
)
def test_a_fault_in_the_file_of_a_project_refuses_its_jobs_and_names_the_file(opened, misnamed, text, message):
    session = opened()
    write_own(session, "p", text)
    with pytest.raises(RefusedError) as refused:
        session.run("coordinate_selector", misnamed, project="p")
    assert message in str(refused.value)
    assert PROJECT_FILE in str(refused.value)
    assert not is_refused(session, misnamed, "other")


def test_a_project_whose_directory_is_a_file_has_no_file_of_its_own(opened, tmp_path):
    (tmp_path / "projects").mkdir()
    (tmp_path / "projects" / "p").touch()
    with pytest.raises(BadInputError, match="Cannot write to the project directory"):
        opened().run("coordinate_selector", {"XYZIN": str(sample("pdb"))}, project="p")


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("projects = 1\n", BadInputError, "The setting `projects` in .* must be of type dict"),
        ("[projects]\np = 1\n", BadInputError, r"`projects.p` in .* must be a table: \[projects.p.plugins.NAME\]"),
        ("[projects.p]\nstrict = true\n", UnknownNameError, "Unknown setting 'projects.p.strict'"),
        ("[projects.p.plugins]\nkpi = 1\n", BadInputError, r"must be a table: \[projects.p.plugins.kpi\]"),
    ],
)
def test_a_fault_in_the_tables_of_projects_is_told_at_once(tmp_path, text, error, message):
    config = tmp_path / "settings.toml"
    config.write_text(text, encoding="utf-8")
    with pytest.raises(error, match=message):
        load_settings(config=config)


def test_a_rule_asks_for_the_tags_of_the_project(opened, tmp_path):
    seen = []

    class Proposals:
        @hookimpl.pre_import
        def check(self, job):
            seen.append(job.project.tags)
            if not any(tag.startswith("proposal-") for tag in job.project.tags):
                yield Problem(severity=Severity.BLOCK, message="the project has no proposal.", cure="Tag it.")

    session = opened(proposals=Proposals())
    values = {"XYZIN": str(sample("pdb"))}
    assert is_refused(session, values, "p")
    project = session.create_project("p")
    assert is_refused(session, values, "p")
    session.label(project, add_tags=("proposal-1", "cryo"))
    assert not is_refused(session, values, "p")
    assert seen == [(), (), ("cryo", "proposal-1")]
    assert project.tags == ("cryo", "proposal-1")
    session.label(project, remove_tags=("cryo",))
    assert project.tags == ("proposal-1",)
    assert session.project("p") == project


def test_the_settings_of_a_project_without_a_job_are_shown(opened, tmp_path):
    opened('[projects."still to come".plugins.validation]\nstrict = true\n')
    coming = tmp_path / "projects" / "with file"
    coming.mkdir(parents=True)
    (coming / PROJECT_FILE).write_text(STRICT)
    config = str(tmp_path / "settings.toml")
    options = ["--config", config, "--projects-dir", str(tmp_path / "projects"), "-p", "no:database"]
    for name, source in (("still to come", config), ("with file", str(coming / PROJECT_FILE))):
        done = CliRunner().invoke(cli, [*options, "plugins", "show", "validation", "--project", name, "--json"])
        (found,) = json.loads(done.stdout)["settings"]
        assert (found["value"], found["source"]) == (True, source)
    assert not (tmp_path / "projects" / "still to come").exists()


def test_the_commands_show_the_values_of_a_project_and_their_sources(opened, tmp_path, monkeypatch):
    tables = "[projects.p.plugins.validation]\nstrict = true\n[projects.p.plugins.file-import]\nkey = 'word'\n"
    session = opened(tables)
    write_own(session, "p", f"{LOOSE}[plugins.vlidation]\nstrict = true\n")
    write_own(session, "q", STRICT)
    config = str(tmp_path / "settings.toml")
    options = ["--config", config, "--projects-dir", str(tmp_path / "projects")]
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/db.sqlite3")

    def shown(*words):
        done = CliRunner().invoke(cli, [*options, *words, "--json"])
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    def strict(*words):
        (found,) = shown("plugins", "show", "validation", *words)["settings"]
        return found["value"], found["source"]

    assert strict() == (False, "default")
    assert strict("--project", "p") == (True, config)
    assert strict("--project", "q") == (True, str(session.project("q").directory / PROJECT_FILE))
    settings = {one["name"]: one["value"] for one in shown("config")["settings"]}
    assert settings["projects.p.plugins.validation.strict"] == "True"
    assert settings["projects.p.plugins.file-import.key"] == "***"
    fixed = CliRunner().invoke(cli, [*options, "plugins", "show", "validation", "--project", "q"]).stderr
    assert "configure" not in fixed
    noted = CliRunner().invoke(cli, [*options, "plugins", "show", "validation", "--project", "p"]).stderr
    assert "has a table [plugins.vlidation], but no plugin has that name." in " ".join(noted.split())
    with pytest.raises(UnknownNameError, match=r"has a table \[projects.p.plugins.vlidation\], but no plugin has"):
        opened("[projects.p.plugins.vlidation]\nstrict = true\n")
    unknown = CliRunner().invoke(cli, [*options, "plugins", "show", "validation", "--project", "none"])
    assert unknown.exit_code == 4
