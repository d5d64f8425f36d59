"""``ccp4hooks doctor`` on real databases and with real settings modules."""

import json
import re
import shutil
import sqlite3

import ccp4i2
import pytest

from ccp4hooks.errors import BadInputError, StoreError

OURS = "ccp4hooks_database.django_settings"


@pytest.fixture
def command(command, sqlite_template, tmp_path_factory):
    """The command in an empty directory, with a database elsewhere."""
    path = shutil.copy(sqlite_template, tmp_path_factory.mktemp("database") / "db.sqlite3")
    command.variables["DATABASE_URL"] = f"sqlite:///{path}"
    return command


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


def test_a_missing_default_database_is_not_a_problem_and_is_not_created(command, tmp_path):
    del command.variables["DATABASE_URL"]
    code, said = examined(command)
    assert code == 0
    assert said[1] == ("it does not exist yet, or has no tables; the first job or `ccp4hooks init` creates it", 0)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_not_a_database_is_a_problem(command, tmp_path):
    (tmp_path / "db.sqlite3").write_text("Dear diary,\n" * 100)
    code, said = examined(command, DATABASE_URL=f"sqlite:///{tmp_path}/db.sqlite3")
    assert (code, said[1][1]) == (StoreError.exit_code, StoreError.exit_code)


def test_a_database_without_our_tables_is_a_problem_with_a_cure(command, tmp_path):
    url = f"sqlite:///{tmp_path}/db.sqlite3"
    assert command("init", DATABASE_URL=url).returncode == 0
    with sqlite3.connect(tmp_path / "db.sqlite3") as connection:
        connection.execute("DELETE FROM django_migrations WHERE app = 'ccp4hooks'")
    connection.close()
    code, said = examined(command, DATABASE_URL=url)
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
    assert f"export DJANGO_SETTINGS_MODULE={OURS}, or run `ccp4hooks enable`" in said[-1][0]


def open_ways(said):
    """Return how CCP4i2's server is open, and the line that shows how to close it."""
    start = "CCP4i2's server is open: "
    ways = [text.removeprefix(start) for text, _ in said if text.startswith(start)]
    return ways, [text for text, _ in said if text.startswith("To close the server")]


LOGIN = "without a login. To require a login, set CCP4I2_LOCAL_SESSION_TOKEN or CCP4I2_REQUIRE_AUTH."
HOSTS = "ALLOWED_HOSTS permits every host name, so that a web site may use the server under a name of its own."
CORS = "CORS_ALLOW_ALL_ORIGINS is on: the page of any web site may read and change jobs."
ORIGIN = (
    "the page of any web site may send changes, because ccp4hooks_database.server.middleware.OriginMiddleware is not "
    "in MIDDLEWARE."
)
DEBUG = "DEBUG is on: its error pages show settings and code."


def test_with_our_settings_module_ccp4i2_runs_through_the_hooks_and_users_of_this_machine_need_no_login(command):
    code, said = examined(command, DJANGO_SETTINGS_MODULE=OURS)
    assert code == 0
    assert (f"CCP4i2's own jobs run through ccp4hooks: DJANGO_SETTINGS_MODULE is {OURS}", 0) in said
    assert open_ways(said) == ([f"every user of this machine is its administrator, {LOGIN}"], [])


def test_our_settings_module_with_a_login_leaves_nothing_open(command, tmp_path):
    login = {"CCP4I2_LOCAL_SESSION_TOKEN": "swordfish"}
    _, said = examined(command, DJANGO_SETTINGS_MODULE=OURS, **login)
    assert open_ways(said) == ([], [])
    assert list(tmp_path.iterdir()) == []


def test_variables_that_open_our_settings_module_are_reported(command):
    variables = {"ALLOWED_HOSTS": "*", "DEBUG": "true", "DJANGO_SETTINGS_MODULE": OURS}
    ways, _ = open_ways(examined(command, **variables)[1])
    assert ways == [DEBUG, HOSTS, f"everyone who reaches the server is its administrator, {LOGIN}"]


def test_the_settings_module_of_ccp4i2_is_open_and_no_directory_is_created(command, tmp_path):
    code, said = examined(command, DJANGO_SETTINGS_MODULE="ccp4i2.config.settings")
    assert code == 0
    (line,) = [text for text, _ in said if "do not run through ccp4hooks" in text]
    assert "DJANGO_SETTINGS_MODULE is ccp4i2.config.settings, without the app" in line
    assert line.endswith("or run `ccp4hooks enable`")
    ways, how = open_ways(said)
    assert ways == [DEBUG, HOSTS, CORS, f"everyone who reaches the server is its administrator, {LOGIN}"]
    assert how == [f"To close the server: export DJANGO_SETTINGS_MODULE={OURS}"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("app", ["ccp4hooks_database.apps.ServerConfig", "ccp4hooks_database"])
def test_a_custom_settings_module_with_our_app_uses_its_own_database(command, tmp_path, app):
    (tmp_path / "site_settings.py").write_text(
        "from ccp4i2.config.settings import *\n"
        f"INSTALLED_APPS = [*INSTALLED_APPS, {app!r}]\n"
        "DEBUG = False\n"
        "ALLOWED_HOSTS = ['i2.example.org']\n"
        "CORS_ALLOW_ALL_ORIGINS = False\n"
        "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': 'i2', 'PASSWORD': 'secret'}}\n"
    )
    code, said = examined(command, DJANGO_SETTINGS_MODULE="site_settings")
    assert code == 0
    texts = [text for text, _ in said]
    through = (
        "CCP4i2's own jobs run through ccp4hooks: DJANGO_SETTINGS_MODULE is site_settings, with the app of ccp4hooks"
    )
    assert f"{through} in its INSTALLED_APPS" in texts
    assert "CCP4i2's own processes use the database of site_settings: i2 on this machine" in texts
    assert f"CCP4i2's own processes create projects in {tmp_path / 'projects'}" in texts
    ways, how = open_ways(said)
    assert ways == [ORIGIN]
    begin = f"begin site_settings with `from {OURS} import *`"
    assert how == [f"To close the server: export DJANGO_SETTINGS_MODULE={OURS}, or {begin}"]


def test_a_custom_settings_module_that_begins_with_ours_is_as_closed_as_ours(command, tmp_path):
    (tmp_path / "site_settings.py").write_text(f"from {OURS} import *\nTIME_ZONE = 'Europe/London'\n")
    _, said = examined(command, DJANGO_SETTINGS_MODULE="site_settings")
    assert open_ways(said)[0] == [f"every user of this machine is its administrator, {LOGIN}"]
    assert any("jobs run through ccp4hooks: DJANGO_SETTINGS_MODULE is site_settings" in text for text, _ in said)


def test_a_broken_settings_module_is_a_problem(command, tmp_path):
    code, said = examined(command, DJANGO_SETTINGS_MODULE="nowhere.settings")
    assert (code, said[-1][1]) == (BadInputError.exit_code, BadInputError.exit_code)
    (tmp_path / "site_settings.py").write_text("SECRET_KEY = {}['key']\n")
    code, said = examined(command, DJANGO_SETTINGS_MODULE="site_settings")
    assert code == BadInputError.exit_code
    assert (
        "DJANGO_SETTINGS_MODULE is site_settings, which cannot be used: KeyError: 'key'. To change that" in said[-1][0]
    )


def test_our_settings_module_that_cannot_be_used_is_a_problem(command, tmp_path):
    (tmp_path / "file").touch()
    code, said = examined(command, DJANGO_SETTINGS_MODULE=OURS, CCP4I2_HOME=str(tmp_path / "file" / "home"))
    (line,) = [text for text, _ in said if text.startswith("DJANGO_SETTINGS_MODULE")]
    assert code != 0
    assert "which cannot be used: CCP4i2 cannot start with the settings of ccp4hooks: CCP4i2's directory" in line


@pytest.fixture
def home_with_jobs(command, tmp_path, reflections):
    """Make a home of another version of CCP4i2, with one job in its database."""

    def make(name):
        home = tmp_path / name
        variables = {"CCP4I2_HOME": str(home), "CCP4I2_PROJECTS_DIR": str(home / "projects"), "DATABASE_URL": ""}
        done = command("run", "freerflag", f"F_SIGF={reflections}", **variables)
        assert done.returncode == 0, done.stderr
        return home

    return make


OTHER = ".ccp4i2x" if ccp4i2.__version__.startswith("3.0") else ".ccp4i2"
"""Name of the directory that the other version of CCP4i2 uses by default."""


def others(said):
    return [text for text, _ in said if text.startswith("another directory of CCP4i2")]


def test_the_directory_of_ccp4i2_is_reported(command, tmp_path):
    own = tmp_path / (".ccp4i2" if ccp4i2.__version__.startswith("3.0") else ".ccp4i2x")
    line = (f"CCP4i2 {ccp4i2.__version__} uses the directory {own}", 0)
    assert line in examined(command)[1]
    assert line not in examined(command, CCP4I2_HOME=str(tmp_path / "else"))[1]


def test_a_directory_of_another_version_with_jobs_is_reported_with_advice(command, home_with_jobs):
    home = home_with_jobs(OTHER)
    code, said = examined(command)
    (line,) = others(said)
    assert code == 0
    assert f"has a database with jobs (1): {home}. To use it, back it up, export CCP4I2_HOME={home}" in line
    for in_use in ({"CCP4I2_HOME": str(home)}, {"DATABASE_URL": f"sqlite:///{home}/db.sqlite3"}):
        assert others(examined(command, **in_use)[1]) == []


@pytest.mark.sampled(3)
@pytest.mark.parametrize("words", ["projects", "jobs", "show 1", "recover p", "run coordinate_selector"])
def test_an_empty_database_is_not_used_by_default_beside_one_of_another_version_with_jobs(
    command, home_with_jobs, data, tmp_path, words
):
    home = home_with_jobs(OTHER)
    model = f"XYZIN={data / 'chainsaw/test_data/1a80_A.pdb'}"
    words = [*words.split(), *([model] if words.startswith("run") else [])]
    done = command(*words, DATABASE_URL="")
    assert done.returncode == StoreError.exit_code
    assert f"has a database with jobs (1): {home}. To use it, back it up, export CCP4I2_HOME={home}" in done.stderr
    assert done.stderr.endswith("To start with an empty database, run `ccp4hooks init`.\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == [OTHER]
    assert command("init", DATABASE_URL="").returncode == 0
    assert command("projects", DATABASE_URL="").returncode == 0


def test_a_directory_of_a_newer_version_cannot_be_used(command, home_with_jobs):
    home = home_with_jobs(OTHER)
    with sqlite3.connect(home / "db.sqlite3") as connection:
        connection.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('ccp4i2', '9999_later', '2030')")
    connection.close()
    (line,) = others(examined(command)[1])
    cannot = f"CCP4i2 {ccp4i2.__version__} cannot use it."
    assert line.endswith(f"(1): {home}. A newer version of CCP4i2 has written it; {cannot}")


def test_a_directory_of_another_version_without_jobs_is_not_reported(command, tmp_path):
    (tmp_path / OTHER).mkdir()
    assert command("init", CCP4I2_HOME=str(tmp_path / OTHER), DATABASE_URL="").returncode == 0
    assert others(examined(command)[1]) == []


def test_a_directory_of_another_version_whose_database_cannot_be_read_is_reported(command, tmp_path):
    (tmp_path / OTHER).mkdir()
    (tmp_path / OTHER / "db.sqlite3").write_text("Dear diary,\n" * 100)
    (line,) = others(examined(command)[1])
    assert "has a database that cannot be read" in line
