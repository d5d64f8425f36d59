"""Real databases: SQLite files and a PostgreSQL server; each test has a database of its own."""

import shutil
from dataclasses import replace
from uuid import uuid4

import pytest
from plugins.database.helpers import gleaned, imported, kpi, opened, recorded, use, use_of

from ccp4hooks import ParameterValue, Project, Provenance, ResultValue
from ccp4hooks.store import LabelChange


@pytest.fixture(scope="session", autouse=True)
def _home(tmp_path_factory):
    """Keep CCP4i2 out of the home directory of the user who runs the tests."""
    patch = pytest.MonkeyPatch()
    patch.setenv("CCP4I2_HOME", str(tmp_path_factory.mktemp("home")))
    patch.delenv("DATABASE_URL", raising=False)
    patch.delenv("CCP4I2_DB_FILE", raising=False)
    yield
    patch.undo()


KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


@pytest.fixture(params=KINDS)
def empty_url(request, tmp_path):
    """A database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'db.sqlite3'}"
    return request.getfixturevalue("server").new()


@pytest.fixture(params=KINDS)
def url(request, tmp_path):
    """A database with all tables and no rows."""
    if request.param == "sqlite":
        path = tmp_path / "db.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    template = request.getfixturevalue("postgresql_template")
    return request.getfixturevalue("server").new(template)


@pytest.fixture
def sqlite_file(sqlite_template, tmp_path):
    """The file of a SQLite database with all tables and no rows."""
    path = tmp_path / "db.sqlite3"
    shutil.copy(sqlite_template, path)
    return path


@pytest.fixture
def plugin(url, tmp_path):
    return use(url, tmp_path)


@pytest.fixture
def project(tmp_path):
    return Project(name="toxd", directory=tmp_path / "toxd", uuid=uuid4())


@pytest.fixture
def rows(plugin):
    """Return a function that calls another one, which uses ccp4i2's models, with a connection to the database."""
    plugin.list_projects()

    def run(work):
        return plugin.store().read(work)

    return run


@pytest.fixture
def made(plugin, project):
    """Three jobs: a pipeline with one sub-job, a job that reads its output, and one that shares an import with it."""
    top = opened(plugin, project)
    below = opened(plugin, project, parent=top, child_index=1)
    files = (gleaned(top), gleaned(top, "XYZOUT.pdb", "outputData.PERFORMANCE_OF_A_VERY_LONG_LIST_OF_FILES[12].XYZOUT"))
    brought = (imported(top), imported(top, "model.pdb", "inputData.XYZIN"))
    inner = recorded(plugin, below, files=(gleaned(below),), uses=(use_of(brought[1]),), kpis=(kpi("nAtoms", 7),))
    whole = recorded(
        plugin,
        top,
        files=files,
        imported=brought,
        kpis=(kpi("RFree", 0.25, unit="A"), kpi("spaceGroup", "P 1"), kpi("converged", value=True)),
        parameters=(ParameterValue(name="FRAC", value=0.1, default=0.05),),
        results=(ResultValue(name="CELL", value="1 2 3"),),
        provenance=Provenance(command="ccp4hooks run", cpu_s=1.25),
    )
    plugin.change_labels(top, LabelChange(title="Best", note="one\ntwo", add_tags=("best", "a b")))
    reader = recorded(plugin, opened(plugin, project), uses=(use_of(files[0]),))
    again = replace(brought[0], parameter="inputData.HKLIN", reused=True)
    sharer = recorded(plugin, opened(plugin, project), imported=(again,))
    return whole, inner, reader, sharer


@pytest.fixture
def dump(rows):
    """Returns all rows of all tables about jobs and files."""

    def tables():
        from django.apps import apps

        models = [*apps.get_app_config("ccp4i2").get_models(), *apps.get_app_config("ccp4hooks").get_models()]
        return {
            model.__name__: sorted(map(str, model.objects.values()))
            for model in models
            if model.__name__ not in ("Project", "FileType", "JobValueKey")
        }

    return lambda: rows(tables)
