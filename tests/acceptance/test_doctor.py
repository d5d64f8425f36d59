"""``ccp4hooks doctor`` on real databases and with real settings modules."""

import json
import re
import sqlite3

import pytest

from ccp4hooks.errors import BadInputError, StoreError

OURS = "ccp4hooks_database.django_settings"


def examined(command, *words, **variables):
    """Return exit code and what is said of the database and of CCP4i2, as text and exit code."""
    done = command("doctor", "--json", *words, **variables)
    assert not done.stderr
    said = json.loads(done.stdout)
    assert done.returncode == said["exit_code"]
    return done.returncode, [(one["text"], one["exit_code"]) for one in said["findings"] if one["about"] == "database"]


def test_doctor_shows_the_database_and_its_content_and_changes_nothing(demo):
    text = demo.read("doctor")
    assert f"the database is {demo.home / 'ccp4hooks.sqlite3'}" in text
    assert re.search(r"its tables are up to date \(projects: 1, jobs: \d+\)", text)
    assert f"from {demo.home / 'ccp4hooks.toml'}" in text
    assert "PROBLEM" not in text


def test_a_missing_database_is_not_a_problem_and_is_not_created(command, tmp_path):
    code, said = examined(command)
    assert code == 0
    assert said[1] == ("it has no tables yet; the first job or `ccp4hooks init` creates them", 0)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_not_a_database_is_a_problem(command, tmp_path):
    (tmp_path / "db.sqlite3").write_text("Dear diary,\n" * 100)
    code, said = examined(command)
    assert (code, said[1][1]) == (StoreError.exit_code, StoreError.exit_code)


def test_a_database_without_our_tables_is_a_problem_with_a_cure(command, tmp_path):
    assert command("init").returncode == 0
    with sqlite3.connect(tmp_path / "db.sqlite3") as connection:
        connection.execute("DELETE FROM django_migrations WHERE app = 'ccp4hooks'")
    connection.close()
    code, said = examined(command)
    assert code == StoreError.exit_code
    assert "Run `ccp4hooks init`" in said[1][0]


def test_an_invalid_database_url_is_a_problem_and_its_password_is_hidden(command):
    done = command("doctor", DATABASE_URL="mysql://ada:secret@host/i2")
    assert done.returncode == StoreError.exit_code
    assert "mysql://" in done.stdout
    assert "secret" not in done.stdout + done.stderr


def test_an_unreachable_server_is_a_problem(command, tmp_path):
    code, said = examined(command, DATABASE_URL=f"postgresql://ada:secret@/i2?host={tmp_path}")
    assert code == StoreError.exit_code
    assert "secret" not in str(said)


def test_without_a_settings_module_doctor_shows_how_to_run_ccp4i2_through_the_hooks(command):
    code, said = examined(command)
    assert code == 0
    assert "CCP4i2's own jobs do not run through ccp4hooks" in said[-1][0]
    assert f"export DJANGO_SETTINGS_MODULE={OURS}" in said[-1][0]


def test_with_our_settings_module_ccp4i2_runs_through_the_hooks(command):
    code, said = examined(command, DJANGO_SETTINGS_MODULE=OURS)
    assert (code, said[-1]) == (0, (f"CCP4i2's own jobs run through ccp4hooks: DJANGO_SETTINGS_MODULE is {OURS}", 0))


def test_with_the_settings_module_of_ccp4i2_no_directory_is_created(command, tmp_path):
    code, said = examined(command, DJANGO_SETTINGS_MODULE="ccp4i2.config.settings")
    assert code == 0
    assert (
        "do not run through ccp4hooks: DJANGO_SETTINGS_MODULE is ccp4i2.config.settings, without the app" in said[-1][0]
    )
    assert "ccp4hooks_database.apps.ServerConfig" in said[-1][0]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("app", ["ccp4hooks_database.apps.ServerConfig", "ccp4hooks_database"])
def test_a_custom_settings_module_with_our_app_uses_its_own_database(command, tmp_path, app):
    (tmp_path / "site_settings.py").write_text(
        "from ccp4i2.config.settings import *\n"
        f"INSTALLED_APPS = [*INSTALLED_APPS, {app!r}]\n"
        "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': 'i2', 'PASSWORD': 'secret'}}\n"
    )
    code, said = examined(command, DJANGO_SETTINGS_MODULE="site_settings")
    assert code == 0
    assert "own jobs run through ccp4hooks: DJANGO_SETTINGS_MODULE is site_settings, with the app" in said[-2][0]
    assert said[-1][0] == "CCP4i2's own processes use the database of site_settings: i2 on this machine"


def test_a_broken_settings_module_is_a_problem(command, tmp_path):
    code, said = examined(command, DJANGO_SETTINGS_MODULE="nowhere.settings")
    assert (code, said[-1][1]) == (BadInputError.exit_code, BadInputError.exit_code)
    (tmp_path / "site_settings.py").write_text("SECRET_KEY = {}['key']\n")
    assert examined(command, DJANGO_SETTINGS_MODULE="site_settings")[0] == BadInputError.exit_code
