"""A lower bound for Django on the same schema: one transaction, one statement per table."""

import time
from pathlib import Path
from uuid import uuid4

from benchmarks.sides import theirs
from benchmarks.sides.common import (
    JOB_FILES,
    JOB_KPIS,
    copied,
    job_rows,
    large_file,
    number,
    settled_s,
    small_files,
    timed,
)

PDB = "chemical/x-pdb"


def prepare(place):
    """Set up Django as ccp4hooks does, with IMMEDIATE transactions on SQLite."""
    theirs.connect(place, {"transaction_mode": "IMMEDIATE", "timeout": 30})
    theirs.migrate()


class Side:
    """Django's ``bulk_create``."""

    def __init__(self, place):
        from ccp4i2.db import models
        from django.db import transaction

        self.folder, self.models, self.transaction = place.folder, models, transaction
        self.projects = {"main": theirs.new_project(place.folder, "main")}
        models.FileType.objects.get_or_create(name=PDB, defaults={"description": PDB})
        self.imports = Path(self.projects["main"].directory) / "CCP4_IMPORTED_FILES"
        self.imports.mkdir(parents=True, exist_ok=True)

    def _job(self, project="main"):
        """Assign a job number and insert the row of the job."""
        from django.db.models import F

        models, row = self.models, self.projects[project]
        same = models.Project.objects.filter(pk=row.pk)
        same.update(last_job_number=F("last_job_number") + 1)
        last = same.values_list("last_job_number", flat=True).get()
        job = models.Job(uuid=uuid4(), project=row, number=str(last), title="bench", task_name="bench_task", status=1)
        models.Job.objects.bulk_create([job])
        return models.Job.objects.get(uuid=job.uuid)

    def _files(self, job, names, directory, role):
        models = self.models
        rows = [models.File(uuid=uuid4(), name=n, directory=directory, type_id=PDB, job=job) for n in names]
        models.File.objects.bulk_create(rows)
        made = list(models.File.objects.filter(uuid__in=[row.uuid for row in rows])) if rows[0].pk is None else rows
        uses = [models.FileUse(file=row, job=job, role=role, job_param_name=f"P{n}") for n, row in enumerate(made)]
        models.FileUse.objects.bulk_create(uses)
        return made

    def _imported(self, job, sources):
        sums = [copied(path, self.imports, durable=True) for path in sources]
        models = self.models
        files = self._files(job, [path.name for path in sources], 2, 1)
        pairs = zip(files, sources, sums, strict=True)
        rows = [
            models.FileImport(file=f, name=str(p), checksum=s, last_modified=job.creation_time) for f, p, s in pairs
        ]
        models.FileImport.objects.bulk_create(rows)

    def _kpis(self, job, count):
        models = self.models
        keys = [f"value{n}" for n in range(count)]
        models.JobValueKey.objects.bulk_create(
            [models.JobValueKey(name=key, description=key) for key in keys], ignore_conflicts=True
        )
        rows = [models.JobFloatValue(job=job, key_id=key, value=n / 7) for n, key in enumerate(keys)]
        models.JobFloatValue.objects.bulk_create(rows)

    def _in_one(self, work, *arguments):
        def whole():
            with self.transaction.atomic():
                work(*arguments)

        return timed(whole)

    def glean(self, size):
        """Record the rows of files."""
        job = self._job()
        names = [path.name for path in small_files(self.folder / "out" / str(number()), size)]
        return self._in_one(self._files, job, names, 1, 0)

    def kpis(self, size):
        """Record the rows of values."""
        return self._in_one(self._kpis, self._job(), size)

    def opening(self, size):
        """Add a job with the project's counter."""
        name = f"with{size}"
        if name not in self.projects:
            row = self.projects[name] = theirs.new_project(self.folder, name)
            self.models.Job.objects.bulk_create(job_rows(self.models, row, 1, size))
            self.models.Project.objects.filter(pk=row.pk).update(last_job_number=size)
        self._in_one(self._job, name)
        return self._in_one(self._job, name)

    def importing(self, size):
        """Read, checksum, write and fsync each file, then insert the rows."""
        sources = small_files(self.folder / "sources" / str(number()), size)
        return self._in_one(self._imported, self._job(), sources)

    def importing_large(self, size):
        """Read, checksum, write and fsync one file, then insert the row."""
        path = large_file(self.folder / "sources" / str(number()), size)
        took = self._in_one(self._imported, self._job(), [path])
        path.unlink()
        (self.imports / path.name).unlink()
        return took

    def track(self, _size):
        """Record one job in two transactions, when it opens and when it ends."""
        sources = small_files(self.folder / "sources" / str(number()), JOB_FILES)
        outputs = [path.name for path in small_files(self.folder / "out" / str(number()), JOB_FILES)]
        started_s = settled_s()
        with self.transaction.atomic():
            job = self._job()
        with self.transaction.atomic():
            self._imported(job, sources)
            self._files(job, outputs, 1, 0)
            self._kpis(job, JOB_KPIS)
            self.models.Job.objects.filter(pk=job.pk).update(status=6)
        return (time.perf_counter() - started_s) * 1000
