"""The plugin with a real SLURM."""

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from plugins.batch.samples import ODD

from ccp4hooks import BadInputError, Ccp4HooksError, EngineUnavailableError, Fate

pytestmark = pytest.mark.slurm


@pytest.fixture
def engine(slurm, cluster):
    yield cluster("slurm")
    slurm.end_all_jobs()


def ended(slurm, handle):
    slurm.until(lambda answer: handle.key not in answer.split(), "squeue", "--noheader", "--format=%i")


def begun(slurm, path):
    """Wait until a job has written into a file."""
    slurm.until(lambda _: path.exists() and path.read_text().endswith("\n"), "squeue")


def shown(slurm, handle, *letters):
    asked = "|".join(f"%{letter}" for letter in letters)
    return slurm.ask("squeue", "--noheader", f"--jobs={handle.key}", f"--format={asked}").strip().split("|")


def test_a_job_runs_on_a_node_in_its_directory_with_its_environment(slurm, cluster):
    engine = cluster("slurm", setup=['export MADE="$(echo made) \\$x"', "cd /"])
    script = 'import os, socket; print([os.environ["ODD"], os.environ["MADE"], os.getcwd(), socket.gethostname()])'
    handle, output = engine.submit(sys.executable, "-c", script, environment={"ODD": ODD})
    ended(slurm, handle)
    *values, node = eval(output.read_text())  # noqa: S307 - our own list
    assert values == [ODD, "made $x", str(engine.job.directory)]
    assert node in {"node1", "node2"}
    assert engine.ask(handle) == {handle: Fate.GONE}


def test_slurm_gets_what_the_job_needs_and_a_name_that_a_user_recognises(slurm, cluster):
    engine = cluster("slurm", directives=["#SBATCH --hold", "#SBATCH --comment=cost=$5"])
    handle, _ = engine.submit("true", cores=2, memory_mb=1500, time_s=1230, queue="urgent")
    assert shown(slurm, handle, "j", "C", "m", "l", "P", "k") == [
        "toxd-12-servalcat",
        "2",
        "1500M",
        "21:00",
        "urgent",
        "cost=$5",
    ]
    assert engine.ask(handle) == {handle: Fate.QUEUED}
    assert engine.stop(handle) is True
    assert engine.ask(handle) == {handle: Fate.GONE}


def test_without_a_time_the_partition_says_how_long_a_job_may_run(slurm, engine):
    handle, _ = engine.submit("sleep", "1")
    assert shown(slurm, handle, "l", "h") == ["10:00", "OK"]


def test_a_job_that_is_stopped_gets_the_signal_itself(slurm, engine):
    handle, output = engine.submit("sh", "-c", 'trap "echo asked to end; exit" TERM; echo begun; sleep 60 & wait')
    begun(slurm, output)
    assert engine.ask(handle) == {handle: Fate.RUNNING}
    assert engine.stop(handle) is True
    ended(slurm, handle)
    assert "asked to end" in output.read_text()
    assert engine.stop(handle) is True


def test_a_job_that_slurm_does_not_know_is_gone_alone_and_among_others(slurm, cluster):
    engine = cluster("slurm", directives=["#SBATCH --hold"])
    handle, _ = engine.submit("true")
    other = engine.handle("987654")
    assert engine.ask(other) == {other: Fate.GONE}
    assert engine.ask(handle, other) == {handle: Fate.QUEUED, other: Fate.GONE}
    assert engine.stop(other) is True
    engine.stop(handle)


def test_a_job_that_slurm_begins_again_keeps_what_it_has_printed(slurm, engine):
    handle, output = engine.submit("sh", "-c", "echo begun; sleep 60")
    begun(slurm, output)
    urgent = [engine.submit("true", cores=2, queue="urgent")[0] for _ in range(2)]
    for one in urgent:
        ended(slurm, one)
    # Otherwise SLURM would wait two minutes before it begins the job again.
    slurm.until(lambda _: True, "scontrol", "update", f"JobId={handle.key}", "StartTime=now")
    slurm.until(lambda _: output.read_text().count("begun") == 2, "squeue")
    assert engine.ask(handle) == {handle: Fate.RUNNING}


def test_what_slurm_refuses_is_said_in_its_own_words(engine):
    with pytest.raises(BadInputError, match=r"SLURM has refused job 12: .*invalid partition specified: nowhere; .*\."):
        engine.submit("true", queue="nowhere", environment={"SECRET": "x"})
    assert list(engine.job.directory.rglob("*servalcat*")) == []


def test_a_project_may_have_spaces_and_other_characters_in_its_path(slurm, cluster, tmp_path):
    projects = tmp_path / "my projects, 100%j 'é $x"
    engine = cluster("slurm", projects=projects)
    handle, output = engine.submit("pwd")
    ended(slurm, handle)
    assert output.read_text() == f"{engine.job.directory}\n"


def test_several_threads_submit_at_once(slurm, engine):
    with ThreadPoolExecutor(4) as pool:
        handles = [handle for handle, _ in pool.map(lambda _: engine.submit("true"), range(12))]
    assert len(set(handles)) == 12
    assert set(engine.ask(*handles)) == set(handles)
    for handle in handles:
        ended(slurm, handle)
    assert set(engine.ask(*handles).values()) == {Fate.GONE}


def test_without_an_answer_nothing_is_known(slurm, cluster):
    engine, patient = cluster("slurm", command_timeout_s=1), cluster("slurm", directives=["#SBATCH --hold"])
    handle, _ = patient.submit("true")
    with slurm.silent():
        with pytest.raises(EngineUnavailableError, match=r"SLURM \(engine 'cluster'\) has not answered within 1 s"):
            engine.ask(handle)
        assert engine.stop(handle) is False
        with pytest.raises(Ccp4HooksError, match=r"job 12 may have been submitted or not") as raised:
            engine.submit("true")
    assert not isinstance(raised.value, BadInputError)
    slurm.end_all_jobs()
