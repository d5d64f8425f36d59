"""A real SLURM of two nodes on this machine, for tests. Each node has a host name of its own, as another machine has.

It needs root and no systemd, and disturbs no other SLURM: it has ports, a key and a socket of its own. On Debian:
apt-get install --no-install-recommends munge slurmctld slurmd slurm-client.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "sinfo", "unshare")
SEARCHED = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])
NODES = ("node1", "node2")
PATIENCE_S = 120
"""How long something that must happen is waited for [s]."""

CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={directory}/munge.socket
StateSaveLocation={directory}/state
SlurmdSpoolDir={directory}/spool_%n
SlurmctldPidFile={directory}/slurmctld.pid
SlurmdPidFile={directory}/%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
ReturnToService=2
KillWait=5
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
MpiDefault=none
NodeName={nodes[0]} NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs=2 RealMemory=4000
NodeName={nodes[1]} NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs=2 RealMemory=4000
PartitionName=mx Nodes=ALL Default=YES MaxTime=60 DefaultTime=10 State=UP PriorityTier=1 PreemptMode=REQUEUE
PartitionName=urgent Nodes=ALL MaxTime=60 DefaultTime=10 State=UP PriorityTier=10 PreemptMode=OFF
"""
"""The partition `urgent` takes the nodes from `mx`, whose jobs then wait and begin again."""


def what_is_missing():
    """Return why there can be no SLURM here; empty if there can."""
    missing = [name for name in PROGRAMS if shutil.which(name, path=SEARCHED) is None]
    if missing:
        return f"SLURM is not installed ({', '.join(missing)})"
    return "" if os.geteuid() == 0 else "SLURM needs root to start jobs"


class Slurm:
    """A SLURM that runs.

    Attributes:
        directory: Its directory, with its configuration and its logs.
        environment: The environment variables by which its commands find it.
    """

    def __init__(self, directory):
        self.directory = directory
        self.environment = {"SLURM_CONF": str(directory / "slurm.conf")}
        self._controller = self._process = None

    def ask(self, *command):
        """Run a command of SLURM and return what it prints."""
        environment = {**os.environ, **self.environment, "PATH": SEARCHED}
        return subprocess.run(command, env=environment, check=True, text=True, capture_output=True).stdout

    def until(self, condition, *command):
        """Ask again until an answer meets a condition, and return the answer."""
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                answer = self.ask(*command)
                if condition(answer):
                    return answer
            except subprocess.CalledProcessError as error:  # the controller is just starting
                answer = error.stderr
            assert time.monotonic() < end, f"{command}: {answer}"
            time.sleep(0.05)

    def configure(self):
        (self.directory / "state").mkdir()
        with ExitStack() as stack:
            sockets = [stack.enter_context(socket.socket()) for _ in range(3)]
            for one in sockets:
                one.bind(("127.0.0.1", 0))
            ports = [one.getsockname()[1] for one in sockets]
        host = socket.gethostname().partition(".")[0]
        text = CONFIGURATION.format(host=host, ports=ports, directory=self.directory, nodes=NODES)
        (self.directory / "slurm.conf").write_text(text)
        key = self.directory / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(128))

    @contextmanager
    def run(self, name, *command):
        """Run a daemon until the end of the context."""
        environment = {**os.environ, **self.environment, "PATH": SEARCHED}
        with (self.directory / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE_S)
            finally:
                process.kill()
                process.wait()

    def start_controller(self):
        """Start the daemon that schedules, with the jobs that it had when it was stopped."""
        self._controller = ExitStack()
        self._process = self._controller.enter_context(self.run("slurmctld", "slurmctld", "-D"))

    def stop_controller(self):
        """Stop the daemon that schedules. Jobs that run go on."""
        self._controller.close()

    @contextmanager
    def silent(self):
        """Let the controller answer nobody until the end of the context."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def end_all_jobs(self):
        """Kill all jobs."""
        self.ask("scancel", "--quiet", "--full", "--signal=KILL", "--state=RUNNING", "--user=root")
        self.ask("scancel", "--quiet", "--user=root")
        self.until(lambda answer: not answer, "squeue", "--noheader")


@contextmanager
def running_slurm():
    """Start a SLURM, and stop it and all its jobs at the end."""
    # The path of a socket must be short, shorter than pytest's directories are.
    directory = Path(tempfile.mkdtemp(prefix="ccp4hooks-slurm-"))
    directory.chmod(0o755)  # munged insists on that
    slurm = Slurm(directory)
    slurm.configure()
    files = [f"--{name}-file={directory}/munge.{name}" for name in ("key", "log", "pid", "seed")]
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        stack.enter_context(
            slurm.run("munged", "munged", "--foreground", "--force", f"--socket={directory}/munge.socket", *files)
        )
        slurm.start_controller()
        stack.callback(slurm.stop_controller)
        for node in NODES:
            start = f"hostname {node} && exec slurmd -D -N {node}"
            stack.enter_context(slurm.run(node, "unshare", "--uts", "sh", "-c", start))
        slurm.until(_is_ready, "sinfo", "--noheader", "--Node", "--states=idle", "--format=%N")
        stack.callback(slurm.end_all_jobs)
        yield slurm


def _is_ready(answer):
    return set(answer.split()) == set(NODES)
