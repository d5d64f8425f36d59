"""The plugin with each scheduler, as far as it can be seen without a scheduler.

PBS, LSF, Grid Engine and HTCondor cannot run here. Small programs stand in for their commands: they keep what they
receive, and answer what the manuals of the schedulers say.
"""

import os
import signal
import stat
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest
from plugins.batch.samples import ODD

from ccp4hooks import BadInputError, Ccp4HooksError, EngineUnavailableError, Fate, Needs
from ccp4hooks_batch import commands
from ccp4hooks_batch.commands import Answer, run_command
from ccp4hooks_batch.schedulers import SCHEDULERS

STAND_IN = """\
#!/bin/sh
echo "{name} $*" >> {seen}/calls
env > {seen}/environment
pwd > {seen}/directory
cat > {seen}/given
cat {seen}/{name}.output
cat {seen}/{name}.errors >&2
exit {code}
"""


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Puts programs on the path that answer in place of a scheduler's."""
    folder, seen = tmp_path / "bin", tmp_path / "seen"
    folder.mkdir()
    seen.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    def answer(name, output="", errors="", code=0):
        (seen / f"{name}.output").write_text(output)
        (seen / f"{name}.errors").write_text(errors)
        program = folder / name
        program.write_text(STAND_IN.format(name=name, seen=seen, code=code))
        program.chmod(0o755)

    def read(name):
        return (seen / name).read_text()

    return SimpleNamespace(answer=answer, read=read, folder=folder)


ACCEPTED = {
    "slurm": ("sbatch", "4711\n", "4711"),
    "pbspro": ("qsub", "4711.pbs-server\n", "4711.pbs-server"),
    "torque": ("qsub", "4711.head.site.org\n", "4711.head.site.org"),
    "lsf": ("bsub", "Job <4711> is submitted to queue <short>.\n", "4711"),
    "grid-engine": ("qsub", "4711\n", "4711"),
    "condor": ("condor_submit", "4711.0 - 4711.0\n", "4711.0"),
}
"""The program that submits, its answer, and the number of the job, by scheduler."""

COMMANDS = {
    "slurm": "sbatch --parsable",
    "pbspro": "qsub",
    "torque": "qsub",
    "lsf": "bsub",
    "grid-engine": "qsub -terse",
    "condor": "condor_submit -terse -",
}
"""The command that submits, which reads from standard input."""

EVERY = pytest.mark.parametrize("scheduler", ACCEPTED)

NEEDS = {"cores": 4, "memory_mb": 4096, "time_s": 93_784, "gpus": 1}

ASKED = {
    "slurm": [
        "#SBATCH --cpus-per-task=4",
        "#SBATCH --nodes=1",
        "#SBATCH --ntasks-per-node=1",
        "#SBATCH --mem=4096M",
        "#SBATCH --time=26:03:04",
        "#SBATCH --signal=B:TERM@60",
        "#SBATCH --gpus-per-node=1",
        "#SBATCH --partition=long",
        "#SBATCH --account=mx",
        "#SBATCH --job-name=toxd-12-servalcat",
    ],
    "pbspro": [
        "#PBS -l select=1:ncpus=4:mem=4096mb:ngpus=1",
        "#PBS -l walltime=26:03:04",
        "#PBS -q long",
        "#PBS -A mx",
        "#PBS -N toxd-12-servalcat",
        "#PBS -S /bin/bash",
        "#PBS -j oe",
    ],
    "torque": [
        "#PBS -l nodes=1:ppn=4:gpus=1",
        "#PBS -l mem=4096mb",
        "#PBS -l walltime=26:03:04",
        "#PBS -q long",
        "#PBS -A mx",
        "#PBS -N toxd-12-servalc",
    ],
    "lsf": [
        "#BSUB -n 4",
        '#BSUB -R "span[ptile=4]"',
        '#BSUB -M 4096MB -R "rusage[mem=4096MB]"',
        "#BSUB -W 26:04",
        "#BSUB -gpu num=1",
        "#BSUB -q long",
        "#BSUB -P mx",
        "#BSUB -J toxd-12-servalcat",
    ],
    "grid-engine": [
        "#$ -pe smp 4",
        "#$ -l h_vmem=1024M",
        "#$ -l h_rt=26:03:04",
        "#$ -l gpu=1",
        "#$ -q long",
        "#$ -P mx",
        "#$ -N toxd-12-servalcat",
        "#$ -S /bin/bash",
        "#$ -cwd",
        "#$ -j y",
    ],
    "condor": [
        "request_cpus = 4",
        "request_memory = 4096",
        "request_gpus = 1",
        "periodic_remove = (JobStatus == 2) && (time() - EnteredCurrentStatus > 93784)",
        "accounting_group = mx",
        '+JobBatchName = "toxd-12-servalcat"',
        "universe = vanilla",
        "executable = /bin/bash",
        "transfer_executable = false",
        "queue 1",
    ],
}
"""Lines of the script of a job with `NEEDS`."""

DIRECTIVES = {
    "slurm": "#SBATCH --comment=cost=$5",
    "pbspro": "#PBS -v COST=$5",
    "torque": "#PBS -v COST=$5",
    "lsf": "#BSUB -Jd cost=$5",
    "grid-engine": "#$ -v COST=$5",
    "condor": 'requirements = (OpSysName == "Rocky$5")',
}


@pytest.fixture
def submitted(programs, cluster):
    """Submits a job to a scheduler that accepts it."""

    def submit(scheduler, *arguments, environment=None, needs=None, **options):
        name, output, _ = ACCEPTED[scheduler]
        programs.answer(name, output)
        engine = cluster(scheduler, **options)
        return engine, *engine.submit(*arguments, environment=environment, **needs or {})

    return submit


@EVERY
def test_the_scheduler_gets_what_the_job_needs_and_the_lines_of_the_settings(submitted, programs, scheduler):
    queue = {} if scheduler == "condor" else {"queue": "long"}
    needs = {**NEEDS, **queue}
    engine, handle, output = submitted(scheduler, "true", needs=needs, account="mx", directives=[DIRECTIVES[scheduler]])
    assert (handle.engine, handle.key) == ("cluster", ACCEPTED[scheduler][2])
    lines = programs.read("given").splitlines()
    assert [line for line in [*ASKED[scheduler], DIRECTIVES[scheduler]] if line not in lines] == []
    assert sum(str(output) in line for line in lines) == 1
    assert programs.read("calls").split() == COMMANDS[scheduler].split()
    assert programs.read("directory") == f"{engine.job.directory}\n"


@pytest.mark.parametrize("scheduler", [name for name in ACCEPTED if name != "condor"])
def test_directives_come_before_all_commands(submitted, programs, scheduler):
    submitted(scheduler, "true", needs=NEEDS, setup=["module load ccp4"], directives=[DIRECTIVES[scheduler]])
    first, *lines = programs.read("given").splitlines()
    prefix = DIRECTIVES[scheduler].split()[0]
    assert first == "#!/bin/bash"
    assert lines.index("module load ccp4") > max(lines.index(line) for line in lines if line.startswith(prefix))


def test_the_description_for_condor_ends_with_one_job(submitted, programs):
    _, _, output = submitted("condor", "true", directives=["request_disk = 1GB"])
    *lines, last = programs.read("given").splitlines()
    assert (lines[-1], last) == ("request_disk = 1GB", "queue 1")
    assert f"arguments = {kept_script(output)}" in lines


def kept_script(output):
    """Return the script that HTCondor reads when the job begins."""
    (script,) = output.parent.glob("*.script")
    return script


@EVERY
def test_the_scheduler_is_asked_for_no_more_than_the_job_needs(submitted, programs, scheduler):
    submitted(scheduler, "true")
    script = programs.read("given")
    asked = ("walltime", "--time", "h_rt", "-W ", "mem", "gpu", "exclusive", "-q ", "partition", "periodic", "timeout")
    assert [word for word in asked if word in script] == []


@EVERY
def test_the_script_runs_the_setup_and_the_command_as_they_were_given(submitted, programs, scheduler, tmp_path):
    command = [sys.executable, "-c", "import os, sys; print([sys.argv[1], os.environ['MADE'], os.getcwd()])", ODD]
    engine, _, output = submitted(scheduler, *command, setup=['export MADE="$(echo made) \\$x"', "cd /"])
    script = kept_script(output) if scheduler == "condor" else tmp_path / "seen" / "given"
    done = subprocess.run(["/bin/bash", script], capture_output=True, text=True, check=True)
    assert done.stdout == f"{[ODD, 'made $x', str(engine.job.directory)]}\n"


@EVERY
def test_the_environment_reaches_the_job_and_nobody_else(submitted, programs, scheduler, tmp_path):
    engine, _, output = submitted(scheduler, "/usr/bin/env", environment={"ODD": ODD})
    script = tmp_path / "seen" / "given"
    if scheduler == "condor":  # It reads the script when the job begins.
        assert ODD not in script.read_text()
        script = kept_script(output)
        assert stat.S_IMODE(output.parent.stat().st_mode) == 0o700
    else:
        assert list(output.parent.iterdir()) == []
        assert stat.S_IMODE(output.parent.stat().st_mode) == stat.S_IMODE(engine.job.directory.stat().st_mode)
    if scheduler == "lsf":  # It shows the script to everybody, and gives the job the environment of bsub.
        assert ODD not in script.read_text()
        assert f"ODD={ODD}\n" in programs.read("environment")
    else:
        assert "ODD=" not in programs.read("environment")
        done = subprocess.run(["/bin/bash", script], capture_output=True, text=True, check=True)
        assert f"ODD={ODD}\n" in done.stdout


@EVERY
def test_a_job_is_asked_to_end_before_its_time_limit_if_that_is_long_enough(submitted, programs, scheduler):
    program = "exec timeout --signal=TERM 3300 true"
    for time_s, is_asked in ((3600, True), (600, False)):
        _, _, output = submitted(scheduler, "true", needs={"time_s": time_s}, grace_s=300)
        script = kept_script(output).read_text() if scheduler == "condor" else programs.read("given")
        assert (("--signal=B:TERM@300" if scheduler == "slurm" else program) in script) is is_asked


@EVERY
def test_what_the_scheduler_refuses_is_said_in_its_own_words(programs, cluster, scheduler):
    name = ACCEPTED[scheduler][0]
    programs.answer(name, errors=f"{name}: error: Unknown queue\n{name}: see the manual\n", code=1)
    engine = cluster(scheduler)
    with pytest.raises(BadInputError, match=f"has refused job 12: {name}: error: Unknown queue; {name}: see the man"):
        engine.submit("true", environment={"SECRET": "x"})


@EVERY
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"output": "Welcome!\n"}, "printed 'Welcome!' in place of a job number"),
        ({"output": "1 x\n"}, "printed '1 x' in place of a job number"),
        ({"output": "0\n"}, "printed '0' in place of a job number"),
        ({"output": "\u0661\u0662\n"}, "printed '\u0661\u0662' in place of a job number"),
        ({"output": f"{'9' * 300}\n"}, "999' in place of a job number"),
        ({"errors": "Socket timed out on send/recv operation", "code": 1}, "failed: Socket timed out on send/recv"),
    ],
)
def test_a_job_that_may_run_is_not_called_refused(programs, cluster, scheduler, answer, said):
    programs.answer(ACCEPTED[scheduler][0], **answer)
    with pytest.raises(Ccp4HooksError, match="may have been submitted or not") as raised:
        cluster(scheduler).submit("true")
    assert said in str(raised.value)
    assert not isinstance(raised.value, BadInputError)


@pytest.mark.parametrize(
    ("scheduler", "output", "key"),
    [
        ("slurm", "4711;cluster2\n", "4711"),
        ("slurm", "Welcome to 2026\n4711\n", "4711"),
        ("slurm", "2026\n4711\n", "4711"),
        ("pbspro", "2026\n12.s\n", "12.s"),
        ("torque", "4711\n", "4711"),
        ("lsf", "Job <4711> is submitted to default queue <normal>.\n", "4711"),
        ("grid-engine", "Unable to run job: warning\n4711\n", "4711"),
    ],
)
def test_the_job_number_is_found_in_other_answers(programs, cluster, scheduler, output, key):
    programs.answer(ACCEPTED[scheduler][0], output)
    assert cluster(scheduler).submit("true")[0].key == key


@EVERY
def test_a_scheduler_that_is_not_installed_is_named(programs, cluster, scheduler, monkeypatch):
    monkeypatch.setenv("PATH", str(programs.folder))
    engine = cluster(scheduler)
    one = engine.handle(ACCEPTED[scheduler][2])
    with pytest.raises(BadInputError, match=f"The program {ACCEPTED[scheduler][0]}, .* is not on the PATH"):
        engine.submit("true")
    assert engine.ask(one) == {one: Fate.UNKNOWN}
    assert engine.stop(one) is False


PBS_LIST = """\
Job Id: 1.server
    Job_Name = toxd-1-servalcat
    job_state = Q
    comment = Not Running: job_state = R is far

Job Id: 2.server
    job_state = R

Job Id: 3.server
    job_state = {over}

Job Id: 4.server
    job_state = S

Job Id: 5.server
    job_state = ?
"""

GRID_ENGINE_LIST = """\
job-ID  prior   name       user         state submit/start at     queue                          slots ja-task-ID
-----------------------------------------------------------------------------------------------------------------
      1 0.00000 toxd-1-ser alice        hqw   11/28/2026 10:00:00                                    1
      2 0.55500 toxd-2-ser alice        t     11/28/2026 10:00:00 all.q@node1                        1
      4 0.55500 toxd-4-ser alice        s     11/28/2026 10:00:00 all.q@node2                        1
      6 0.55500 my job     bob          r     11/28/2026 10:00:00 all.q@node2                        1
"""

LISTS = {
    "slurm": ("squeue", "1 PENDING\n2 RUNNING\n3 TIMEOUT\n4 SUSPENDED\n5 WHAT\n", "", 0, "{}"),
    "pbspro": ("qstat", PBS_LIST.format(over="F"), "qstat: Unknown Job Id 6.server\n", 153, "{}.server"),
    "torque": ("qstat", PBS_LIST.format(over="C"), "qstat: Unknown Job Id Error 6.server\n", 153, "{}.server"),
    "lsf": ("bjobs", "1 PEND\n2 RUN\n3 EXIT\n4 USUSP\n5 UNKWN\n", "Job <6> is not found\n", 255, "{}"),
    "condor": ("condor_q", "1.0 1\n2.0 2\n3.0 3\n4.0 7\n5.0 9\n", "", 0, "{}.0"),
}
"""What each scheduler answers for six jobs: one waits, one runs, one has ended, one is suspended, one has a state that
nobody knows, and one is forgotten."""

FATES = [Fate.QUEUED, Fate.RUNNING, Fate.GONE, Fate.RUNNING, Fate.UNKNOWN, Fate.GONE]


@pytest.mark.parametrize("scheduler", LISTS)
def test_the_state_of_each_job_is_what_the_scheduler_says(programs, cluster, scheduler):
    name, output, errors, code, key = LISTS[scheduler]
    programs.answer(name, output, errors, code)
    engine = cluster(scheduler)
    handles = [engine.handle(key.format(number)) for number in range(1, 7)]
    assert engine.ask(*handles) == dict(zip(handles, FATES, strict=True))
    assert programs.read("calls").count("\n") == 1


def test_a_job_of_grid_engine_that_starts_or_is_suspended_has_not_ended(programs, cluster):
    programs.answer("qstat", GRID_ENGINE_LIST)
    engine = cluster("grid-engine")
    handles = [engine.handle(number) for number in "12345"]
    fates = [Fate.QUEUED, Fate.RUNNING, Fate.GONE, Fate.RUNNING, Fate.GONE]
    assert engine.ask(*handles) == dict(zip(handles, fates, strict=True))


def test_an_empty_list_of_grid_engine_is_an_answer(programs, cluster):
    programs.answer("qstat")
    engine = cluster("grid-engine")
    assert engine.ask(engine.handle("1")) == {engine.handle("1"): Fate.GONE}


@pytest.mark.parametrize("scheduler", ["slurm", "grid-engine", "condor"])
@pytest.mark.parametrize(
    ("errors", "fate"),
    [
        ("error: failed receiving gdi request response", Fate.UNKNOWN),
        ("-- Failed to fetch ads from: <127.0.0.1>", Fate.UNKNOWN),
        ("squeue: warning: old configuration\n", Fate.GONE),
    ],
)
def test_an_empty_list_with_an_error_is_no_answer(scheduler, errors, fate):
    assert SCHEDULERS[scheduler].fates(["5.0"], Answer(code=0, errors=errors)) == {"5.0": fate}


@pytest.mark.parametrize(
    ("scheduler", "errors"),
    [
        ("lsf", "Please wait for LSF: Job <5> is not found in cache"),
        ("lsf", "Job <5> is not found in cache"),
        ("pbspro", "qstat: Unknown Job Id 5 in the cache"),
        ("torque", "retrying after Unknown Job Id 5"),
    ],
)
def test_a_job_that_is_missing_somewhere_else_is_not_gone(scheduler, errors):
    assert SCHEDULERS[scheduler].fates(["5"], Answer(code=255, errors=errors)) == {"5": Fate.UNKNOWN}


@EVERY
@pytest.mark.parametrize("key", ["0", "9" * 300, "\u0661", f"1.{'a' * 300}"])
def test_the_scheduler_is_not_asked_for_what_is_no_job_number(programs, cluster, scheduler, key):
    programs.answer(STOPS[scheduler][0])
    engine = cluster(scheduler)
    one = engine.handle(key)
    assert engine.ask(one) == {one: Fate.UNKNOWN}
    assert engine.stop(one) is False


@EVERY
@pytest.mark.parametrize(
    "answer",
    [{"errors": "cannot connect to server (errno=111)", "code": 1}, {"output": "Please accept the new terms of use."}],
)
def test_no_job_is_gone_without_an_answer(programs, cluster, scheduler, answer):
    name = LISTS[scheduler][0] if scheduler in LISTS else "qstat"
    programs.answer(name, **answer)
    engine = cluster(scheduler)
    handles = [engine.handle("1.server" if name == "qstat" else "1"), engine.handle("--help")]
    assert engine.ask(*handles) == dict.fromkeys(handles, Fate.UNKNOWN)
    assert "--help" not in programs.read("calls")


def test_a_scheduler_that_does_not_answer_is_not_waited_for_longer_than_asked(programs, cluster):
    program = programs.folder / "squeue"
    program.write_text("#!/bin/sh\nsleep 600\n")
    program.chmod(0o755)
    patient, engine = cluster("slurm"), cluster("slurm", command_timeout_s=1)
    for one, limit_s, waited in ((patient, 0.2, "0.2"), (engine, 500, "1"), (engine, None, "1")):
        with pytest.raises(EngineUnavailableError, match=rf"\(engine 'cluster'\) has not answered within {waited} s"):
            one.ask(one.handle("1"), limit_s=limit_s)


def test_only_the_beginning_of_a_flood_is_kept(programs, cluster):
    program = programs.folder / "sbatch"
    program.write_text("#!/bin/sh\necho 4711\nhead -c 5000000 /dev/zero >&2\nhead -c 5000000 /dev/zero\n")
    program.chmod(0o755)
    assert cluster("slurm").submit("true")[0].key == "4711"
    answer = run_command([str(program)], 600)
    assert (len(answer.output), len(answer.errors)) == (2**20, 2**20)


def test_a_large_script_reaches_a_command_that_writes_meanwhile_or_does_not_read_it():
    text = "x" * 3_000_000
    assert run_command(["cat"], 600, text=text) == Answer(code=0, output=text[: 2**20])
    assert run_command(["true"], 600, text=text) == Answer(code=0)


def test_what_a_command_has_printed_counts_although_its_child_keeps_its_output_open(monkeypatch):
    monkeypatch.setattr(commands, "PAUSE_S", 0.1)
    answer = run_command(["sh", "-c", "sleep 600 & echo $!; echo said >&2"], 300)
    os.kill(int(answer.output), signal.SIGKILL)
    assert (answer.code, answer.errors) == (0, "said\n")


@pytest.mark.parametrize("unit", ["\0", "x://a:", "x://a?", "x://", "a", " ", "\n"])
def test_the_words_of_a_flood_are_short(unit):
    answer = Answer(code=1, errors=unit * (2**20 // len(unit)))
    assert len(answer.words) <= 500


def test_no_login_is_in_the_words_that_are_cut():
    answer = Answer(code=1, errors=f"https://ada:{'s' * 5_000}@host {'x' * 30_000}")
    assert answer.words.startswith("https://***@host xxx")


def test_thousands_of_jobs_take_a_few_questions(programs, cluster):
    programs.answer("squeue", "".join(f"{1_000_000 + number} RUNNING\n" for number in range(2500)))
    engine = cluster("slurm")
    handles = [engine.handle(str(1_000_000 + number)) for number in range(2500)]
    assert set(engine.ask(*handles).values()) == {Fate.RUNNING}
    assert programs.read("calls").count("\n") == 3


STOPS = {
    "slurm": ("scancel", "scancel: error: Kill job error on job id 7: Invalid job id specified"),
    "pbspro": ("qdel", "qdel: Unknown Job Id 7.server"),
    "torque": ("qdel", "qdel: Unknown Job Id Error 7.server"),
    "lsf": ("bkill", "Job <7>: Job has already finished"),
    "grid-engine": ("qdel", 'denied: job "7" does not exist'),
    "condor": ("condor_rm", "Couldn't find/remove all jobs in cluster 7"),
}


@EVERY
def test_a_job_is_stopped_and_one_that_has_ended_needs_it_no_more(programs, cluster, scheduler, caplog):
    name, words = STOPS[scheduler]
    engine = cluster(scheduler)
    programs.answer(name)
    assert engine.stop(engine.handle("7.server")) is True
    assert programs.read("calls") == f"{name} 7.server\n"
    programs.answer(name, errors=words, code=1)
    assert engine.stop(engine.handle("7.server")) is True
    assert caplog.text == ""
    programs.answer(name, errors="Access denied", code=1)
    assert engine.stop(engine.handle("7.server")) is False
    assert "Access denied" in caplog.text
    assert engine.stop(engine.handle("-u")) is False


@pytest.mark.parametrize("scheduler", [name for name in ACCEPTED if name != "slurm"])
def test_a_path_that_the_scheduler_cannot_take_is_refused(programs, cluster, scheduler, tmp_path):
    programs.answer(*ACCEPTED[scheduler][:2])
    engine = cluster(scheduler, projects=tmp_path / "my projects")
    with pytest.raises(BadInputError, match=r"cannot write into .*my projects.*Move the project"):
        engine.submit("true")


@EVERY
def test_the_script_of_a_job_whose_files_are_carried_names_no_directory_of_this_machine(programs, cluster, scheduler):
    programs.answer(*ACCEPTED[scheduler][:2])
    engine = cluster(scheduler)
    command = replace(engine.command("true"), is_carried=True)
    engine.plugin.submit_job(engine.engine, engine.job, command, Needs())
    script = programs.read("given")
    if scheduler == "condor":
        # It carries the script, and what the job prints, by itself.
        script = "".join(path.read_text() for path in engine.job.directory.rglob("*.script"))
    assert str(engine.job.project.directory) not in script
    assert 'cd -- "${TMPDIR:-/tmp}" || exit' in script
    assert (os.devnull in script) == (scheduler != "condor")


def test_condor_has_no_queues(programs, cluster):
    programs.answer(*ACCEPTED["condor"][:2])
    with pytest.raises(BadInputError, match="HTCondor has no queues"):
        cluster("condor").submit("true", queue="long")


@EVERY
def test_a_job_whose_directory_cannot_be_made_is_not_submitted(programs, cluster, tmp_path, scheduler):
    programs.answer(*ACCEPTED[scheduler][:2])
    engine = cluster(scheduler)
    (engine.job.directory / "attempt_1").write_text("a file")
    with pytest.raises(BadInputError, match=r"Job 12 was not submitted, because .* File exists\. "):
        engine.submit("true")
    assert not (tmp_path / "seen" / "calls").exists()
