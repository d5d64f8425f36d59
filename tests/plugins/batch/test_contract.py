"""The plugin `batch` keeps what the test kit asks of every engine, with a scheduler of three small programs."""

import pytest

from ccp4hooks.testing import EngineContract
from ccp4hooks_batch import BatchPlugin

PROGRAMS = {
    "sbatch": 'cat > "$0.$$"; setsid bash "$0.$$" < /dev/null > /dev/null 2>&1 & echo $!',
    "scancel": 'kill -TERM -- "-$1" 2> /dev/null || echo "error: Invalid job id specified" >&2',
    "squeue": """
        echo asked >> "$0.calls"
        for one; do case $one in --jobs=*) ids=${one#--jobs=};; esac; done
        ps -o pid=,stat= -p "$ids" 2> /dev/null | awk '$2 !~ /Z/ {print $1, "RUNNING"}'
    """,
}
"""A scheduler that runs each job at once: the number of a job is that of its process."""


class TestEngine(EngineContract):
    plugin = BatchPlugin
    name = "batch"

    @pytest.fixture(autouse=True)
    def _scheduler(self, tmp_path, monkeypatch):
        self.folder = tmp_path / "bin"
        self.folder.mkdir()
        for name, text in PROGRAMS.items():
            program = self.folder / name
            program.write_text(f"#!/bin/bash\n{text}\n")
            program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{self.folder}:/usr/bin:/bin")

    def engine_options(self, directory):
        return {"scheduler": "slurm", "grace_s": 1}

    def questions(self):
        calls = self.folder / "squeue.calls"
        return len(calls.read_text().splitlines()) if calls.exists() else 0
