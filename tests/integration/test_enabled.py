"""`ccp4hooks enable` and `disable` in real virtual environments, and a server as the desktop application starts it."""

import hashlib
import json
import os
import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from web_server import clean_environment, running

from ccp4hooks import BadInputError

THEIRS = "ccp4i2.config.settings"
APP = "ccp4hooks_database.apps.ServerConfig"
FILE = "ccp4hooks_enabled.pth"

APPS = """
import django
django.setup()
from django.apps import apps
import sys
print(apps.is_installed("ccp4hooks_database"), any(name.startswith("ccp4hooks") for name in sys.modules))
"""


class Environment:
    """A virtual environment with the packages of this one, or with those that are not left out."""

    def __init__(self, folder, *, without=None):
        venv.create(folder, with_pip=False, symlinks=os.name != "nt")
        self.python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        self.work = folder / "work"
        self.work.mkdir()
        self.packages = Path(self.run("-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip())
        self.file = self.packages / FILE
        self._add_packages(without)

    def _add_packages(self, without):
        for place in site.getsitepackages():
            if without is None:
                (self.packages / "outer.pth").write_text(f"import site; site.addsitedir({place!r})\n")
                continue
            for entry in Path(place).iterdir():
                if without not in entry.name and not (self.packages / entry.name).exists():
                    (self.packages / entry.name).symlink_to(entry)

    def run(self, *words, **variables):
        return subprocess.run(
            [str(self.python), *map(str, words)],
            cwd=self.work,
            env=clean_environment(**variables),
            capture_output=True,
            text=True,
            check=False,
        )

    def command(self, *words, **variables):
        return self.run("-m", "ccp4hooks.cli", *words, **variables)

    def enabled(self):
        done = self.command("enable")
        assert done.returncode == 0, done.stderr
        return done.stdout

    def on_hooks(self, settings, **variables):
        """Return whether Django has our app with a settings module, and whether anything of ccp4hooks is loaded."""
        home = {"CCP4I2_HOME": str(self.work / "home"), "PYTHONPATH": str(self.work)}
        done = self.run("-c", APPS, DJANGO_SETTINGS_MODULE=settings, **{**home, **variables})
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    def content(self):
        """Return all names below the environment's packages, and the digest of each file of its own."""
        return {
            str(path): path.is_symlink() or path.is_dir() or hashlib.sha256(path.read_bytes()).hexdigest()
            for path in self.packages.iterdir()
        }


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return Environment(tmp_path_factory.mktemp("environment") / "venv")


@pytest.fixture
def environment(made):
    """A virtual environment in which ccp4hooks is not enabled; tests change no other file of it."""
    before = made.content()
    yield made
    made.file.unlink(missing_ok=True)
    assert made.content() == before


def test_ccp4i2s_own_settings_have_our_app_when_enabled_and_not_otherwise(environment):
    assert environment.on_hooks(THEIRS) == ["False", "False"]
    text = environment.enabled()
    assert (str(environment.file) in text, "Restart CCP4i2" in text) == (True, True)
    assert environment.on_hooks(THEIRS) == ["True", "True"]
    done = environment.command("disable")
    assert (done.returncode, done.stdout) == (0, f"Removed {environment.file}. Restart CCP4i2.\n")
    assert environment.on_hooks(THEIRS) == ["False", "False"]


def test_enabling_and_disabling_twice_changes_nothing_the_second_time(environment):
    before = environment.content()
    environment.enabled()
    once = environment.content(), environment.file.stat().st_mtime_ns
    assert environment.enabled() == f"Nothing to do: {environment.file} exists already.\n"
    assert (environment.content(), environment.file.stat().st_mtime_ns) == once
    environment.command("disable")
    assert environment.content() == before
    assert environment.command("disable").stdout == f"Nothing to do: there is no {environment.file}.\n"
    assert environment.content() == before


def test_a_file_of_another_release_is_replaced(environment):
    environment.file.write_text("import sys\n")
    environment.enabled()
    assert environment.on_hooks(THEIRS) == ["True", "True"]


def test_python_loads_no_more_modules_when_enabled(environment):
    script = "import sys; print(sorted(sys.modules))"
    before = environment.run("-c", script).stdout
    environment.enabled()
    assert environment.run("-c", script).stdout == before


def test_other_django_projects_in_the_environment_are_not_changed(environment):
    (environment.work / "shop_settings.py").write_text("INSTALLED_APPS = ['django.contrib.contenttypes']\n")
    environment.enabled()
    assert environment.on_hooks("shop_settings") == ["False", "False"]


@pytest.mark.parametrize("line", [f"INSTALLED_APPS = [*INSTALLED_APPS, '{APP}']", ""])
def test_a_sites_own_settings_decide_themselves(environment, line):
    (environment.work / "site_settings.py").write_text(f"from {THEIRS} import *\n{line}\n")
    environment.enabled()
    assert environment.on_hooks("site_settings") == (["True", "True"] if line else ["False", "False"])


def test_our_own_settings_and_commands_work_when_enabled(environment):
    environment.enabled()
    assert environment.on_hooks("ccp4hooks_database.django_settings") == ["True", "True"]
    variables = {"CCP4I2_HOME": str(environment.work / "home")}
    for settings in ({}, {"DJANGO_SETTINGS_MODULE": THEIRS}):
        done = environment.command("projects", **settings, **variables)
        assert (done.returncode, done.stderr) == (0, "No projects yet. `ccp4hooks run` creates one.\n")


def test_sqlite_options_are_safe_for_several_processes_when_enabled(environment):
    script = f"from {THEIRS} import DATABASES; print(DATABASES['default']['OPTIONS']['transaction_mode'])"
    environment.enabled()
    done = environment.run("-c", script, DJANGO_SETTINGS_MODULE=THEIRS, CCP4I2_HOME=str(environment.work / "home"))
    assert done.stdout == "IMMEDIATE\n", done.stderr


def said(environment, **variables):
    """Return exit code of doctor and its lines about the database."""
    variables = {"CCP4I2_HOME": str(environment.work / "home"), **variables}
    report = json.loads(environment.command("doctor", "--json", **variables).stdout)
    return report["exit_code"], [one["text"] for one in report["findings"] if one["about"] == "database"]


def test_doctor_reports_where_and_by_which_file_ccp4hooks_is_enabled(environment):
    own = f"ccp4hooks is enabled in {environment.python} by the file {environment.file}"
    assert own not in said(environment)[1]
    environment.enabled()
    code, lines = said(environment)
    assert (code, own in lines) == (0, True)
    through = "CCP4i2's own jobs run through ccp4hooks, those of its desktop application too"
    assert f"{through}: ccp4hooks is enabled in {environment.python}" in lines
    _, lines = said(environment, DJANGO_SETTINGS_MODULE=THEIRS)
    assert f"CCP4i2's own jobs run through ccp4hooks: DJANGO_SETTINGS_MODULE is {THEIRS}, with the app of" in str(lines)


DESKTOP = "the server of CCP4i2's desktop application is open: "
IS_OPEN = [
    "DEBUG is on: its error pages show settings and code.",
    "ALLOWED_HOSTS permits every host name, so that a web site may use the server under a name of its own.",
    "CORS_ALLOW_ALL_ORIGINS is on: the page of any web site may read and change jobs.",
]
ADVICE = "To close it, start the application with ALLOWED_HOSTS=localhost,127.0.0.1, DEBUG=false and a SECRET_KEY"


def test_doctor_reports_how_the_server_of_the_desktop_application_is_open_when_enabled(environment):
    assert [line for line in said(environment)[1] if "desktop application is open" in line] == []
    environment.enabled()
    _, lines = said(environment)
    found = [line.removeprefix(DESKTOP) for line in lines if line.startswith((DESKTOP, "To close"))]
    assert found == [*IS_OPEN, ADVICE]
    closed = {"ALLOWED_HOSTS": "localhost,127.0.0.1", "DEBUG": "false", "SECRET_KEY": "x" * 50}
    _, lines = said(environment, **closed)
    assert [line.removeprefix(DESKTOP) for line in lines if line.startswith(DESKTOP)] == []


def test_a_faulty_settings_file_ends_an_enabled_ccp4i2_with_a_message(environment):
    environment.enabled()
    (environment.work / "ccp4hooks.toml").write_text("plugins = 3\n")
    variables = {"DJANGO_SETTINGS_MODULE": THEIRS, "CCP4I2_HOME": str(environment.work / "home")}
    try:
        done = [environment.run(*words, **variables) for words in (("-m", "django", "check"), ("-c", APPS))]
        reason = environment.command("projects", **variables).stderr.removeprefix("Error: ")
    finally:
        (environment.work / "ccp4hooks.toml").unlink()
    assert "ccp4hooks.toml" in reason
    for one in done:
        assert (one.returncode, one.stderr) == (1, f"CCP4i2 cannot start with ccp4hooks: {reason}")


def test_another_python_is_enabled_by_its_program_and_doctor_finds_it_as_ccp4_python(environment, tmp_path):
    programs = tmp_path / "bin"
    programs.mkdir()
    python = programs / "ccp4-python"
    python.write_text(f'#!/bin/sh\nexec "{environment.python}" "$@"\n')
    python.chmod(0o755)
    paths = {"PATH": os.pathsep.join([str(programs), os.environ["PATH"]]), "CCP4I2_HOME": str(tmp_path / "home")}

    def command(*words):
        program = [sys.executable, "-m", "ccp4hooks.cli", *words]
        run = {"cwd": tmp_path, "env": clean_environment(**paths), "capture_output": True, "text": True}
        done = subprocess.run(program, check=False, **run)
        assert done.returncode == 0, done.stderr
        return done.stdout

    command("enable", "--python", "ccp4-python")
    assert environment.file.is_file()
    assert f"ccp4hooks is enabled in {python} by the file {environment.file}" in command("doctor", "--json")
    command("disable", "--python", str(python))
    assert not environment.file.exists()


def refused(environment, *words, **variables):
    """Return the error of a command that must fail because of its input."""
    done = environment.command(*words, **variables)
    assert (done.returncode, done.stdout) == (BadInputError.exit_code, "")
    assert "Traceback" not in done.stderr
    return done.stderr


def test_programs_that_are_no_python_with_ccp4i2_are_refused(environment, tmp_path):
    assert f"{tmp_path} is a directory." in refused(environment, "enable", "--python", tmp_path)
    assert "cannot be run" in refused(environment, "enable", "--python", tmp_path / "nothing")
    assert "is not a Python that works" in refused(environment, "enable", "--python", "/bin/ls")
    assert "is not a Python that works" in refused(environment, "disable", "--python", "/bin/true")
    empty = Environment(tmp_path / "empty", without="")
    text = refused(environment, "enable", "--python", empty.python)
    assert f"{empty.python} has no ccp4i2. Install it there with `{empty.python} -m pip install ccp4i2`." in text
    assert not empty.file.exists()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the user may write everywhere")
def test_a_read_only_environment_is_an_error_in_words(environment):
    environment.packages.chmod(0o555)
    try:
        text = refused(environment, "enable")
    finally:
        environment.packages.chmod(0o755)
    assert f"{environment.file} cannot be written: Permission denied. Run the command as the owner" in text


def test_a_file_that_cannot_be_written_or_removed_is_an_error_in_words(environment):
    environment.file.mkdir()
    try:
        assert f"{environment.file} cannot be written: Is a directory." in refused(environment, "enable")
        assert f"{environment.file} cannot be removed: " in refused(environment, "disable")
        assert [path.name for path in environment.packages.glob(".ccp4hooks*")] == []
    finally:
        environment.file.rmdir()


def test_a_virtual_environment_does_not_read_the_users_directory(environment):
    assert "reads no packages of the user, so --user has no effect" in refused(environment, "enable", "--user")


@pytest.mark.skipif(os.name == "nt", reason="the base Python is found by its place below its prefix")
def test_a_user_can_enable_a_python_for_themselves_only(tmp_path):
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    python = Path(sys.base_prefix) / "bin" / version
    packages = tmp_path / "user" / "lib" / version / "site-packages"
    packages.mkdir(parents=True)
    lines = [f"import site; site.addsitedir({place!r})\n" for place in site.getsitepackages()]
    (packages / "outer.pth").write_text("".join(lines))
    own = {"PYTHONUSERBASE": str(tmp_path / "user"), "CCP4I2_HOME": str(tmp_path / "home")}

    def run(*words, **variables):
        environment = clean_environment(**own, **variables)
        words = [str(python), *words]
        done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    apps = ("-c", APPS)
    assert run(*apps, DJANGO_SETTINGS_MODULE=THEIRS) == "False False\n"
    assert str(packages / FILE) in run("-m", "ccp4hooks.cli", "enable", "--user")
    assert run(*apps, DJANGO_SETTINGS_MODULE=THEIRS) == "True True\n"
    assert run("-m", "ccp4hooks.cli", "disable").endswith(f"because of {packages / FILE}.\n")
    assert run("-m", "ccp4hooks.cli", "disable", "--user") == f"Removed {packages / FILE}. Restart CCP4i2.\n"
    assert sorted(path.name for path in packages.iterdir()) == ["outer.pth"]


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A virtual environment with the packages of this one, except ccp4hooks."""
    return Environment(tmp_path_factory.mktemp("bare") / "venv", without="ccp4hooks")


def test_a_file_that_remains_after_ccp4hooks_is_uninstalled_leaves_ccp4i2_as_it_is(bare, made):
    made.enabled()
    bare.file.write_bytes(made.file.read_bytes())
    made.file.unlink()
    done = bare.run("-c", "import json")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    variables = {"DJANGO_SETTINGS_MODULE": THEIRS, "CCP4I2_HOME": str(bare.work / "home")}
    done = bare.run("-c", APPS, **variables)
    assert (done.returncode, done.stdout) == (0, "False False\n")
    (line,) = done.stderr.splitlines()
    assert "CCP4i2's jobs do not run through ccp4hooks: No module named 'ccp4hooks_database'." in line
    assert line.endswith(f"Install ccp4hooks, or delete {made.file}.")


def test_jobs_of_the_desktop_applications_server_run_through_the_hooks(environment, data):
    """Start the programs that the desktop application starts, with its variables."""
    environment.enabled()
    login = {"Authorization": "Bearer swordfish"}
    variables = {
        "CCP4I2_HOME": str(environment.work / "home"),
        "CCP4I2_LOCAL_SESSION_TOKEN": "swordfish",
        "CCP4I2_PROJECTS_DIR": str(environment.work / "projects"),
        "DJANGO_SETTINGS_MODULE": THEIRS,
        "EXECUTION_MODE": "local",
    }
    done = environment.run("-m", "django", "migrate", **variables)
    assert done.returncode == 0, done.stderr
    with running(environment.work, clean_environment(**variables), python=environment.python) as server:
        project = server.create_project("toxd", **login)
        _, answer = server("POST", f"projects/{project['id']}/create_task/", {"task_name": "freerflag"}, **login)
        job = answer["data"]["new_job"]
        value = {"object_path": "freerflag.inputData.F_SIGF", "value": str(data["fsigf"])}
        assert server("POST", f"jobs/{job['id']}/set_parameter/", value, **login)[0] == 200
        assert server("POST", f"jobs/{job['id']}/run/", {}, **login)[0] == 200
        outcome = Path(project["directory"]) / "CCP4_JOBS" / "job_1" / "ccp4hooks_outcome.json"
        server.wait_for(outcome.is_file)
        server.wait_for(lambda: server("GET", f"jobs/{job['id']}/", **login)[1]["status"] == 6)
    assert json.loads(outcome.read_text())["status"] == "FINISHED"
