"""Engines in settings files, what a job needs, and the command that another machine runs."""

import os
import sys
from dataclasses import dataclass

import pytest
from unit.samples import make_job

from ccp4hooks import BadInputError, Engine, Needs, RecordsBy, Settings, Transfer, UnknownNameError, load_settings
from ccp4hooks.engine_settings import read_needs, take_transfer
from ccp4hooks.engines.node_command import node_command, probe_command, require_usable
from ccp4hooks.engines.submission import needs_of

FILE = """
[engines.cluster]
scheduler = "slurm"
database = "by-file"
at_most = 20
retries = 2
cores = 4
memory = "4G"
time = "2h"
queue = "mx"
python = "/opt/env/bin/python"
"""


CARRIED = 'files = "carried"\nfetch = "scp a:{from} {to}"\nsend = "scp {from} a:{to}"\n'


@dataclass(frozen=True, kw_only=True)
class Options:
    scheduler: str
    lines: tuple[str, ...] = ()


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Writes a settings file, and returns the settings with it named or found."""

    def make(text, *, named=True):
        path = tmp_path / "ccp4hooks.toml"
        path.write_text(text)
        monkeypatch.chdir(tmp_path)
        return load_settings(config=path if named else None)

    return make


def test_an_engine_has_the_values_of_its_table(written):
    settings = written(FILE)
    engine = settings.engine("cluster")
    assert engine == Engine(
        name="cluster",
        plugin="batch",
        records=RecordsBy.BY_FILE,
        at_most=20,
        retries=2,
        needs=Needs(cores=4, memory_mb=4096, time_s=7200, queue="mx"),
        python="/opt/env/bin/python",
        options={"scheduler": "slurm"},
    )
    assert settings.engine_options(engine, Options) == Options(scheduler="slurm")
    assert "batch" in settings.plugins


def test_an_engine_of_a_file_that_is_not_trusted_is_refused(written):
    settings = written(FILE, named=False)
    with pytest.raises(BadInputError, match=r"is not trusted, and an engine runs commands\. Run `ccp4hooks trust "):
        settings.engine("cluster")


def test_an_unknown_engine_is_refused_with_the_known_names(written):
    with pytest.raises(UnknownNameError, match="Unknown engine 'clustr'; did you mean cluster"):
        written(FILE).engine("clustr")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('memory = "4 apples"', r"'4 apples' is not an amount of memory that .* \(engines.cluster in .*toml\)"),
        ('memory = "0M"', "'0M' is not an amount of memory"),
        ('time = "later"', "'later' is not a time that a job may ask for"),
        ('time = "0s"', "'0s' is not a time"),
        ('time = "9999999h"', "'9999999h' is not a time"),
        ('queue = "-x"', "'-x' cannot be the name of a queue"),
        ('queue = "a b"', "'a b' cannot be the name of a queue"),
        ('database = "file"', r"`database` is 'file'; it must be 'direct' or 'by-file'"),
        ('files = "none"', r"`files` is 'none'; it must be 'shared' or 'carried' \(engines.cluster in .*toml\)"),
        ('files = "carried"', "`fetch` must name a program that copies a file, for instance 'scp login:{from} {to}'"),
        (f"{CARRIED}database = 'direct'", "the machines do without the database: leave out `database`, or set it to"),
        (f"{CARRIED}plugin = 'dask'", "The plugin 'dask' needs files that all machines share"),
        ('fetch = "cp {from} {to}"', '`fetch` counts only with files = "carried"'),
        (CARRIED.replace("a:{from}", "a"), "`fetch` lacks {from}. An example is 'scp login:{from} {to}'"),
        (CARRIED.replace("a:{to}", "a:{to} {port}"), "`send` has {port}, but only {from} and {to} stand for paths"),
        (CARRIED.replace("scp a", "'scp a"), "which has a quote without an end"),
        (CARRIED.replace("scp a", "{to} a"), "`fetch` must name a program"),
        ("cores = -1", "engines.cluster.cores in .* is -1; it must be at least 0"),
        ('cores = "4"', "engines.cluster.cores in .* must be of type int, not str"),
        ("at_most = 0", "at least 1"),
        ("retries = 1000", "at most 100"),
        ("plugin = 7", "engines.cluster.plugin in .* must be of type str"),
    ],
)
def test_a_wrong_value_is_refused_and_named(written, line, message):
    with pytest.raises(BadInputError, match=message):
        written(f"[engines.cluster]\n{line}\n").engine("cluster")


def test_an_engine_that_is_no_table_is_refused(written):
    with pytest.raises(BadInputError, match=r"`engines.cluster` in .* must be a table: \[engines.cluster\]"):
        written('[engines]\ncluster = "slurm"\n')


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", r"The engine 'cluster' needs the setting engines.cluster.scheduler. Set it in the settings file\."),
        (
            'scheduler = "slurm"\nlins = []',
            "Unknown setting 'engines.cluster.lins'; did you mean engines.cluster.lines",
        ),
        ("scheduler = 1", "The setting engines.cluster.scheduler in .* must be of type str"),
    ],
)
def test_settings_of_the_plugin_are_checked_when_it_reads_them(written, line, message):
    settings = written(f"[engines.cluster]\n{line}\n")
    with pytest.raises(BadInputError, match=message):
        settings.engine_options(settings.engine("cluster"), Options)


@pytest.mark.parametrize(
    ("given", "time_s"),
    [("90s", 90), ("30min", 1800), ("20m", 1200), ("1.5h", 5400), ("2d", 172_800), ("00:01:30", 90)],
)
def test_times_are_read_as_people_and_schedulers_write_them(given, time_s):
    assert read_needs(time=given).time_s == time_s


@pytest.mark.parametrize("digits", ["9" * 400, "9" * 5000, "\u0664"], ids=["400", "5000", "arabic"])
@pytest.mark.parametrize("unit", ["h", "m", ":00:00", "-00:00:00", ".5h"])
def test_a_time_that_no_job_may_ask_for_is_refused(written, digits, unit):
    with pytest.raises(BadInputError, match="is not a time that a job may ask for"):
        read_needs(time=digits + unit)
    with pytest.raises(BadInputError, match=r"is not a time that a job may ask for \(engines\.cluster in "):
        written(f'[engines.cluster]\ntime = "{digits}{unit}"\n').engine("cluster")


@pytest.mark.parametrize(
    "memory", ["9" * 400 + "G", "9" * 5000 + "M", "999999999T", "0G", "0.0000001M", "\u0664G"], ids=range(6)
)
def test_an_amount_of_memory_that_no_job_may_ask_for_is_refused(written, memory):
    with pytest.raises(BadInputError, match="is not an amount of memory that a job may ask for"):
        read_needs(memory=memory)
    with pytest.raises(BadInputError, match="is not an amount of memory that a job may ask for"):
        written(f'[engines.cluster]\nmemory = "{memory}"\n').engine("cluster")


def test_a_request_overrides_the_needs_of_the_engine_one_by_one():
    engine = Engine(name="c", plugin="p", needs=Needs(cores=4, memory_mb=100, queue="mx"))
    assert needs_of(engine, Needs(cores=8)) == Needs(cores=8, memory_mb=100, queue="mx")
    assert needs_of(engine, Needs()) == engine.needs


# --- the command --------------------------------------------------------------------------------------------------


def command_of(settings, tmp_path, **engine):
    return node_command(settings, Engine(name="c", plugin="p", **engine), make_job(tmp_path / "p"), 3)


def test_the_command_has_the_identity_of_the_job_and_no_secret(written, tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://ada:secret@db/x")
    monkeypatch.setenv("CCP4HOOKS_NOTIFY_URL", "https://secret")
    monkeypatch.setenv("UNRELATED", "secret")
    made = command_of(written(FILE), tmp_path)
    job = make_job(tmp_path / "p")
    assert made.arguments[0] == sys.executable
    assert made.arguments[3:] == (
        "--config",
        str(tmp_path / "ccp4hooks.toml"),
        "execute",
        str(job.uuid),
        "--attempt",
        "3",
    )
    assert "secret" not in str(made.arguments)
    assert made.environment["DATABASE_URL"] == "postgresql://ada:secret@db/x"
    assert made.environment["CCP4HOOKS_NOTIFY_URL"] == "https://secret"
    assert "UNRELATED" not in made.environment
    assert (made.attempt, made.directory) == (3, job.directory / "ccp4hooks_attempts/3")


def test_a_machine_without_the_database_gets_no_url_and_the_job_directory(written, tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "sqlite:////tmp/a.sqlite3")
    made = command_of(written(FILE), tmp_path, records=RecordsBy.BY_FILE, python="/opt/python")
    assert made.arguments[0] == "/opt/python"
    assert made.arguments[-2:] == ("--directory", str(tmp_path / "p/CCP4_JOBS/job_1"))
    assert "DATABASE_URL" not in made.environment
    assert made.environment["CCP4HOOKS_PLUGINS"].split()[-1] == "no:database"


def test_what_a_file_that_is_not_trusted_enables_does_not_become_trusted_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source = tmp_path / "ccp4hooks.toml"
    source.write_text('use = ["evil"]')
    (tmp_path / "evil.py").touch()
    monkeypatch.setenv("CCP4HOOKS_PLUGINS", "my_tasks")
    settings = load_settings()
    assert (settings.trusted, set(settings.plugins)) == (False, {"evil", "my_tasks"})
    made = command_of(settings, tmp_path)
    assert made.arguments[3] == "execute"
    assert (made.environment["CCP4HOOKS_PLUGINS"], made.environment.get("PYTHONPATH")) == ("my_tasks", None)
    assert "CCP4HOOKS_CONFIG" not in made.environment
    trusted = command_of(load_settings(config=source), tmp_path)
    assert trusted.environment["CCP4HOOKS_CONFIG"] == str(source)
    assert "evil" in trusted.environment["CCP4HOOKS_PLUGINS"]


def test_a_machine_without_shared_files_gets_commands_and_the_settings_of_plugins(written, tmp_path, monkeypatch):
    monkeypatch.setenv("CCP4HOOKS_KPI_STRICT", "false")
    tables = '[plugins]\nallow = ["kpi"]\n[plugins.kpi]\nstrict = true\n'
    tables += '[plugins.notify]\nevents = ["a", "b"]\nwait_s = 2.5\n'
    settings = written(f"[engines.cluster]\n{CARRIED}{tables}")
    engine = settings.engine("cluster")
    made = node_command(settings, engine, make_job(tmp_path / "p"), 3)
    assert (engine.records, made.is_carried) == (RecordsBy.BY_FILE, True)
    # The settings file is not there.
    assert "--config" not in made.arguments
    assert "CCP4HOOKS_CONFIG" not in made.environment
    assert made.arguments[-2:] == ("--directory", str(tmp_path / "p/CCP4_JOBS/job_1"))
    expected = {
        "CCP4HOOKS_FETCH": "scp 'a:{from}' '{to}'",
        "CCP4HOOKS_SEND": "scp '{from}' 'a:{to}'",
        "CCP4HOOKS_AUTOLOAD": "false",
        "CCP4HOOKS_KPI_STRICT": "false",
        "CCP4HOOKS_NOTIFY_EVENTS": "a,b",
        "CCP4HOOKS_NOTIFY_WAIT_S": "2.5",
        "CCP4HOOKS_PLUGINS": "kpi batch no:database",
    }
    assert {name: made.environment.get(name) for name in expected} == expected
    settings = written(f"[engines.cluster]\n{CARRIED}[plugins.notify]\nevents = ['a,b']\n")
    with pytest.raises(BadInputError, match=r"The setting plugins\.notify.events cannot be given to a machine that"):
        node_command(settings, engine, make_job(tmp_path / "p"), 3)


def test_the_commands_that_copy_files_are_on_no_command_line(written, tmp_path):
    commands = (
        'files = "carried"\nfetch = "curl -u me:SECRET -o {to} h/{from}"\nsend = "curl -u me:SECRET h {from} {to}"\n'
    )
    settings = written(f"[engines.cluster]\n{commands}")
    engine = settings.engine("cluster")
    job = make_job(tmp_path / "p")
    for made in (node_command(settings, engine, job, 1), probe_command(settings, engine, tmp_path / "answer.json")):
        assert "SECRET" not in " ".join(made.arguments)
        assert "SECRET" in made.environment["CCP4HOOKS_FETCH"]
        assert "SECRET" in made.environment["CCP4HOOKS_SEND"]


def test_a_job_that_a_carried_job_submits_does_not_get_its_commands(written, tmp_path, monkeypatch):
    monkeypatch.setenv("CCP4HOOKS_FETCH", "cp {from} {to}")
    monkeypatch.setenv("CCP4HOOKS_SEND", "cp {from} {to}")
    assert "CCP4HOOKS_FETCH" not in command_of(load_settings(), tmp_path).environment
    transfer = take_transfer("cp {from} {to}", "cp {from} {to}")
    assert transfer == Transfer(fetch=("cp", "{from}", "{to}"), send=("cp", "{from}", "{to}"))
    assert not {"CCP4HOOKS_FETCH", "CCP4HOOKS_SEND"} & {*os.environ}


def test_a_plugin_of_the_working_directory_is_found_there_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = Settings(projects_dir=tmp_path, plugins=("site_gleaner",))
    assert str(tmp_path) not in command_of(settings, tmp_path).environment.get("PYTHONPATH", "")
    (tmp_path / "site_gleaner.py").touch()
    assert command_of(settings, tmp_path).environment["PYTHONPATH"].split(":")[0] == str(tmp_path)


@pytest.mark.parametrize("database", [None, "sqlite:////data/db.sqlite3"])
def test_other_machines_do_not_write_into_a_sqlite_file(tmp_path, monkeypatch, database):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    settings = Settings(projects_dir=tmp_path, database=database)
    with pytest.raises(BadInputError, match=r"SQLite loses data if several machines write\. Use PostgreSQL .*by-file"):
        require_usable(settings, Engine(name="c", plugin="p"), portable=True, waits=False)
    require_usable(settings, Engine(name="c", plugin="p", records=RecordsBy.BY_FILE), portable=True, waits=False)
    require_usable(settings, Engine(name="c", plugin="p", is_local=True), portable=True, waits=False)


def test_a_session_with_a_plugin_that_exists_here_only_submits_nothing(tmp_path):
    settings = Settings(projects_dir=tmp_path, database="postgresql://db/x")
    with pytest.raises(BadInputError, match="a plugin that was passed as an object"):
        require_usable(settings, Engine(name="c", plugin="p"), portable=False, waits=False)
