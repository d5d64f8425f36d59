"""CCP4i2's own server and commands use the directory of new projects that ccp4hooks.toml names."""

import json
import os
import subprocess
import sys

import ccp4i2
import pytest
from web_server import clean_environment, running

PRINT = """
import json
import django
django.setup()
from django.conf import settings
from ccp4i2.db.models import Project
print(json.dumps([str(settings.CCP4I2_PROJECTS_DIR), {one.name: one.directory for one in Project.objects.all()}]))
"""


class Site:
    """A directory with ccp4hooks.toml, and its environment."""

    def __init__(self, folder):
        self.folder = folder
        self.projects = folder / "of the site" / "projects"
        self.environment = clean_environment(
            HOME=str(folder), DJANGO_SETTINGS_MODULE="ccp4hooks_database.django_settings"
        )
        (folder / "ccp4hooks.toml").write_text(
            f'database = "sqlite:///{folder}/db.sqlite3"\nprojects_dir = "{self.projects}"\n'
        )
        self.python("-m", "ccp4hooks.cli", "init")

    def python(self, *words, **variables):
        done = subprocess.run(
            [sys.executable, *map(str, words)],
            cwd=self.folder,
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def directories(self):
        """Return CCP4i2's setting, and the directory of each project by its name."""
        return json.loads(self.python("-c", PRINT).splitlines()[-1])


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


def test_a_project_that_the_server_creates_is_in_the_directory_of_the_settings_file(site):
    with running(site.folder, site.environment) as server:
        assert server.create_project("toxd")["directory"] == str(site.projects / "toxd")
        if not ccp4i2.__version__.startswith("3.0"):
            _, answer = server("GET", "config/default-project-parent/")
            assert answer["data"]["directory"] == str(site.projects)
    assert sorted(path.name for path in site.projects.iterdir()) == ["toxd"]
    homes = [path for path in site.folder.iterdir() if path.name.startswith(".ccp4i2")]
    assert [path.name for home in homes for path in home.iterdir() if path.is_dir()] == []


@pytest.mark.sampled(2)
def test_projects_that_ccp4i2s_commands_create_and_import_are_in_that_directory_too(site, tmp_path):
    site.python("-m", "django", "create_project", "made")
    site.python("-m", "django", "export_project", "-pn", "made", "-o", tmp_path / "made.zip")
    (tmp_path / "other").mkdir()
    other = Site(tmp_path / "other")
    other.python("-m", "django", "import_ccp4_project_zip", tmp_path / "made.zip")
    assert site.directories() == [str(site.projects), {"made": str(site.projects / "made")}]
    assert other.directories() == [str(other.projects), {"made": str(other.projects / "made")}]


MANAGE = (
    "import sys\nfrom django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n"
)


@pytest.mark.sampled(2)
@pytest.mark.skipif(os.name == "nt", reason="the program is a shell script")
def test_a_project_that_the_server_imports_is_in_that_directory_too(site, tmp_path):
    """The server starts ``ccp4-python manage.py``, as the page about it says."""
    site.python("-m", "django", "create_project", "made")
    site.python("-m", "django", "export_project", "-pn", "made", "-o", tmp_path / "made.zip")
    (tmp_path / "other" / "bin").mkdir(parents=True)
    other = Site(tmp_path / "other")
    (other.folder / "manage.py").write_text(MANAGE)
    program = other.folder / "bin" / "ccp4-python"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    program.chmod(0o755)
    other.environment["PATH"] = os.pathsep.join([str(program.parent), os.environ["PATH"]])
    form = b'--x\r\nContent-Disposition: form-data; name="files"; filename="made.zip"\r\n\r\n%b\r\n--x--\r\n'
    with running(other.folder, other.environment) as server:
        content = {"Content_Type": "multipart/form-data; boundary=x"}
        body = form % (tmp_path / "made.zip").read_bytes()
        status, answer = server("POST", "projects/import_project/", body, **content)
        assert status == 200, answer
        server.wait_for(lambda: server("GET", "projects/")[1])
    assert other.directories() == [str(other.projects), {"made": str(other.projects / "made")}]


def test_the_environment_overrides_the_settings_file(site):
    chosen = str(site.folder / "chosen")
    site.python("-m", "django", "create_project", "made", CCP4I2_PROJECTS_DIR=chosen)
    assert site.directories()[1] == {"made": f"{chosen}/made"}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("projects_dir = 3", "The setting `projects_dir` in {file} must be of type str."),
        ('database = "mysql://ada:secret@host/i2"', "Invalid database URL: it begins with mysql://"),
        ("[plugins.database]\nwait_s = true", "wait_s"),
    ],
)
def test_settings_with_which_the_server_cannot_start_are_an_error_in_words(tmp_path, text, error):
    site = Site(tmp_path)
    file = tmp_path / "ccp4hooks.toml"
    file.write_text(text)
    words = [sys.executable, "-m", "django", "check"]
    done = subprocess.run(words, cwd=tmp_path, env=site.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("CCP4i2 cannot start with the settings of ccp4hooks: ")
    assert error.format(file=file) in line
    assert "secret" not in line
