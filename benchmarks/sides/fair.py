"""What a complete record costs at least: ``bulk_create``, one params.xml by CCP4i2, one outcome file, and all flushes.

The flushes are those of ccp4hooks: each imported file, the outcome file, and the directories of both.
"""

import json
import os
import time
from pathlib import Path

from benchmarks.sides import bulk
from benchmarks.sides.common import JOB_FILES, JOB_KPIS, fill, number, settled_s, small_files

prepare = bulk.prepare


class Side(bulk.Side):
    """Django's ``bulk_create`` with the files of a job. Only its method `track` differs."""

    def __init__(self, place):
        super().__init__(place)
        for name in ("glean", "kpis", "opening", "importing", "importing_large"):
            setattr(self, name, None)

    def track(self, _size):
        """Record one job in two transactions, and write its two files."""
        from ccp4i2.core.tasks import get_plugin_class

        sources = small_files(self.folder / "sources" / str(number()), JOB_FILES)
        directory = self.folder / "jobs" / str(number())
        outputs = small_files(directory, JOB_FILES)
        script = get_plugin_class("bench_task")(workDirectory=str(directory), name="bench")
        fill(script.container.inputData.XYZ_LIST, sources)
        fill(script.container.outputData.OUT_LIST, outputs)
        started_s = settled_s()
        with self.transaction.atomic():
            job = self._job()
        with self.transaction.atomic():
            self._imported(job, sources)
            self._files(job, [path.name for path in outputs], 1, 0)
            self._kpis(job, JOB_KPIS)
            script.saveDataToXml(str(directory / "params.xml"))
            self._write_outcome(directory, job, sources, outputs)
            self.models.Job.objects.filter(pk=job.pk).update(status=6)
        return (time.perf_counter() - started_s) * 1000

    def _write_outcome(self, directory, job, sources, outputs):
        """Write what is known of the job, flush it, and give it its name."""
        files = [{"path": str(path), "uuid": str(job.uuid), "type": bulk.PDB, "size": 4096} for path in outputs]
        imported = [{"path": str(path), "source": str(path), "md5": job.uuid.hex} for path in sources]
        kpis = [{"key": f"value{n}", "value": n / 7} for n in range(JOB_KPIS)]
        text = json.dumps({"job": str(job.uuid), "status": "FINISHED", "files": files, "in": imported, "kpis": kpis})
        path = directory / "outcome.json.tmp"
        with path.open("w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        path.replace(directory / "outcome.json")
        for folder in (directory, self.imports):
            _flush(folder)


def _flush(folder: Path):
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
