"""The settings of an engine, and what the plugin needs."""

import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace
from uuid import uuid4

import pytest

from ccp4hooks import (
    BadInputError,
    EngineUnavailableError,
    Handle,
    Job,
    NodeCommand,
    Project,
    Settings,
    UnknownNameError,
    load_settings,
)
from ccp4hooks_dask import DaskOptions, DaskPlugin

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@pytest.fixture
def engine(tmp_path):
    """Makes an engine with these settings, and calls the plugin with it."""

    def make(*, plugin="dask", **options):
        settings = Settings(projects_dir=tmp_path, engine_tables={"pool": {"plugin": plugin, **options}})
        made, found = DaskPlugin(), settings.engine("pool")
        made.configure(settings)
        project = Project(name="toxd", directory=tmp_path / "toxd", uuid=uuid4())
        job = Job(uuid=uuid4(), number="1", task="x", title="", project=project, directory=project.job_directory("1"))
        command = NodeCommand(attempt=1, arguments=(), environment={}, directory=tmp_path / "files")
        handle = Handle(engine="pool", key=f"{job.uuid}-1")
        return SimpleNamespace(
            engine=found,
            options=lambda: settings.engine_options(found, DaskOptions),
            submit=lambda: made.submit_job(found, job, command),
            ask=lambda: made.ask_engine(found, [handle], None),
            stop=lambda: made.stop_job(found, handle),
            handle=handle,
        )

    return make


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"address": "head"}, r"engines\.pool\.address is 'head'; write it like tcp://HOST:PORT"),
        ({"address": "tcp://head:1", "cluster": "slurm"}, r"\[engines\.pool\] has both `address` and `cluster`"),
        ({"address": "tcp://head:1", "workers": 2}, r"\[engines\.pool\] has both `address` and `workers`"),
        ({"cluster": "kubernetes"}, r"engines\.pool\.cluster is 'kubernetes'; it must be one of slurm, .*htcondor"),
        ({"cluster": "slurm"}, r"engines\.pool\.workers is missing"),
        ({"cluster": "slurm", "workers": 2}, r"engines\.pool\.memory is missing"),
        ({"cluster": "slurm", "workers": 2, "memory": "4G", "setup": ["a\nb"]}, r"pool\.setup has .*a single line"),
        ({"cluster": "slurm", "workers": 2, "memory": "4G", "directives": [3]}, r"pool\.directives has 3; .*a text"),
        ({"workers": 2, "account": "mx"}, r"engines\.pool\.account has no effect without `cluster`"),
        ({"workers": -1}, r"engines\.pool\.workers .*at least 0"),
        ({"timeout_s": 0.01}, r"engines\.pool\.timeout_s .*at least 0\.1"),
    ],
)
def test_a_wrong_value_is_named_with_its_engine(engine, options, said):
    made = engine(**options)
    for call in (made.submit, made.ask, made.stop):
        with pytest.raises(BadInputError, match=said):
            call()


def test_an_unknown_setting_is_named(engine):
    with pytest.raises(UnknownNameError, match=r"engines\.pool\.worker.*engines\.pool\.workers"):
        engine(worker=2).submit()


def test_the_engines_of_other_plugins_are_left_to_them(engine):
    other = engine(plugin="other")
    assert [other.submit(), other.ask(), other.stop()] == [None, None, None]


def test_a_pool_without_an_address_ends_with_the_process_and_one_on_a_cluster_is_not_local(engine):
    found = {
        name: engine(**options).engine
        for name, options in {
            "here": {"workers": 2},
            "there": {"address": "tcp://head:8786"},
            "cluster": {"cluster": "slurm"},
            "batch": {"plugin": "batch"},
        }.items()
    }
    assert {name: (one.is_local, one.outlives) for name, one in found.items()} == {
        "here": (True, False),
        "there": (False, True),
        "cluster": (False, False),
        "batch": (False, True),
    }


def test_without_a_scheduler_nothing_is_submitted_or_known(engine):
    made = engine(address="tcp://127.0.0.1:1", timeout_s=0.5)
    with pytest.raises(EngineUnavailableError, match=r"at tcp://127\.0\.0\.1:1 \(engine 'pool'\) cannot be reached"):
        made.submit()
    with pytest.raises(EngineUnavailableError, match="cannot be reached"):
        made.ask()
    assert made.stop() is False


@pytest.mark.parametrize(
    ("missing", "options"), [("distributed", {}), ("dask_jobqueue", {"cluster": "slurm", "workers": 1, "memory": "1G"})]
)
def test_without_dask_the_message_says_how_to_install_it(engine, monkeypatch, missing, options):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(BadInputError, match=r"pip install 'ccp4hooks\[dask\]'"):
        engine(**options).submit()


def test_the_plugin_is_loaded_without_dask():
    code = "import sys, ccp4hooks_dask; ccp4hooks_dask.DaskPlugin(); print('distributed' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_a_pool_on_a_cluster_can_be_loaded_in_any_thread_and_changes_no_handlers_of_signals():
    code = """
import importlib, signal, sys, threading
def load():
    importlib.import_module("ccp4hooks_dask.clusters")
before = signal.signal, signal.getsignal(signal.SIGINT)
load()
for name in [one for one in sys.modules if one.startswith(("dask_jobqueue", "ccp4hooks_dask.clusters"))]:
    del sys.modules[name]
thread = threading.Thread(target=load)
thread.start()
thread.join()
assert "ccp4hooks_dask.clusters" in sys.modules
assert (signal.signal, signal.getsignal(signal.SIGINT)) == before
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_engine_local_needs_no_settings_and_enables_its_plugin_only_where_it_is_used(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_settings().plugins == ()
    settings = load_settings(local=True)
    assert settings.plugins == ("dask",)
    assert settings.engine("local") == load_settings().engine("local")
    assert settings.engine("local").is_local


def test_the_settings_may_describe_the_engine_local(tmp_path):
    path = tmp_path / "ccp4hooks.toml"
    path.write_text('[engines.local]\nplugin = "dask"\nworkers = 3\n')
    assert load_settings(config=path, local=True).engine("local").options == {"workers": 3}


def test_the_examples_of_the_docs_are_valid(engine):
    howto = Path(__file__).parents[3] / "docs/howto"
    pages = "\n".join(
        (howto / name).read_text(encoding="utf-8") for name in ("run-on-a-cluster.md", "at-a-beamline.md")
    )
    examples = [dedent(one) for one in re.findall(r"```toml\n(.*?)```", pages, re.DOTALL)]
    tables = [table for text in examples for table in tomllib.loads(text)["engines"].values()]
    found = [table for table in tables if table.get("plugin") == "dask"]
    assert len(found) == 4
    for table in found:
        assert engine(**table).options()
