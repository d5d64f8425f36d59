"""ccp4hooks with its default plugins."""

import time
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from uuid import uuid4

from benchmarks.dummies import added_ms
from benchmarks.many import OUTPUTS, VALUES, whole_jobs
from benchmarks.sides.common import (
    JOB_FILES,
    JOB_KPIS,
    Handled,
    command,
    fill,
    job_rows,
    native_mtz,
    peak_mb,
    small_files,
    timed,
    timed_async,
)
from ccp4hooks import (
    GleanedFile,
    ImportedFile,
    JobStatus,
    Kpi,
    Outcome,
    hookimpl,
    hookspecs,
    load_settings,
    make_script,
    open_session,
)
from ccp4hooks.cdata import find_all_files
from ccp4hooks.plugins.dispatcher import Journal
from ccp4hooks.store import JobRequest
from ccp4hooks_database import AsyncDatabaseHandler, JobValue, import_input_files_async, run_job_async

CALLS = 2000


def prepare(place):
    """Create the database."""
    open_session(settings(place)).init_store()


def settings(place):
    """Return the settings for the directory of a side."""
    return load_settings(projects_dir=place.folder / "projects", database=place.url, plugins=("benchmarks.plugin",))


class Asked:
    """A plugin that accepts every job."""

    @hookimpl
    def pre_import(self, job):
        """Return nothing."""


def connect(place):
    """Do nothing: a session connects when necessary."""


class Side(Handled):
    """ccp4hooks."""

    name = "ours"

    def __init__(self, place):
        super().__init__(place)
        self.session = open_session(settings(place))

    def new_handler(self, project):
        """Create a project by opening its first job."""
        self.session.open_job("bench_task", project=project)
        return AsyncDatabaseHandler(self.session.project(project).uuid, session=self.session)

    def script(self, job):
        """Return a script without a job."""
        return make_script(job.task_name)

    def directory(self, job):
        """Return the directory of a job."""
        return Path(job.project.directory) / "CCP4_JOBS" / f"job_{job.number}"

    async def record_kpis(self, job, values):
        """Record all KPIs in one call."""
        await self.handler().register_job_values(job.uuid, [JobValue(key=k, value=v) for k, v in values.items()])

    async def import_files(self, job, script):
        """Import the input files of a script."""
        await import_input_files_async(job, script, self.handler())

    async def run(self, job):
        """Run a job."""
        await run_job_async(job.uuid, session=self.session)

    def find_files(self, container):
        """Find the files of a container."""
        find_all_files(container)

    def add_jobs(self, project, count):
        """Add rows of jobs."""
        handler = self.handler(project)
        store = self.session.plugin_object("database").store()

        def add():
            from ccp4i2.db import models

            row = models.Project.objects.get(uuid=handler.project_uuid)
            models.Job.objects.bulk_create(job_rows(models, row, row.last_job_number + 1, count))
            models.Project.objects.filter(pk=row.pk).update(last_job_number=row.last_job_number + count)

        store.write(add)

    def whole_jobs(self, project):
        """Return the number of completely recorded jobs of a project."""

        def count():
            from ccp4i2.db import models

            return whole_jobs(models, project)

        return self.session.plugin_object("database").store().read(count)

    def recorder(self, project, *, opened=False):
        """Return a function that records one job: opened, running, and ended with its outcome.

        Args:
            project: Name of the project.
            opened: Whether the job is opened now, so that the function records its end only.
        """
        hooks, journal, project = self.session._dispatcher, Journal(), self.session.project(project)

        def begin():
            request = JobRequest(uuid=uuid4(), task="bench_task", title="bench", project=project, owned=True)
            job = hooks.call(hookspecs.open_job, journal, request=request).value
            hooks.call(hookspecs.job_status, journal, job=job, old=JobStatus.PENDING, new=JobStatus.RUNNING)
            return job

        def end(job):
            if hooks.call(hookspecs.job_finished, journal, job=job, outcome=self._ended(job)).failures:
                raise AssertionError(journal.problems[-1])
            return job

        return partial(end, begin()) if opened else lambda: end(begin())

    def _ended(self, job):
        now, name = datetime.now(timezone.utc), f"{job.uuid}.pdb"
        facts = {"size_bytes": 4096, "file_type": "chemical/x-pdb", "class_name": "CPdbDataFile"}
        imported = ImportedFile(
            uuid=job.file_uuid("in", "inputData.XYZIN"),
            parameter="inputData.XYZIN",
            path=job.project.imports_directory / name,
            source=self.sources / name,
            md5=job.uuid.hex,
            sha256="",
            modified_at=now,
            **facts,
        )
        files = [
            GleanedFile(
                uuid=job.file_uuid("out", f"outputData.{parameter}"),
                parameter=f"outputData.{parameter}",
                path=job.directory / f"{parameter}.pdb",
                **facts,
            )
            for parameter in OUTPUTS
        ]
        kpis = tuple(Kpi(key=key, value=value) for key, value in VALUES.items())
        return Outcome(
            job=job,
            status=JobStatus.FINISHED,
            created_at=now,
            started_at=now,
            finished_at=now,
            imported=(imported,),
            files=tuple(files),
            kpis=kpis,
        )

    def _grown(self, size):
        """Return the name of a project with jobs, and the last one, which was recorded completely."""
        project = f"grown{size}"
        if project not in self.handlers:
            self.handler(project)
            if size:
                self.add_jobs(project, size)
        # It also warms up: the process was idle while the other sides ran.
        return project, self.recorder(project)()

    def ending(self, size):
        """Record the end of a job in a project with existing jobs."""
        project, _ = self._grown(size)
        return timed(self.recorder(project, opened=True))

    def finding(self, size):
        """Look for an imported file by its checksum in a project with existing jobs. Its copy was never made."""
        _, job = self._grown(size)
        hooks, journal = self.session._dispatcher, Journal()

        asked = {"job": job, "md5": job.uuid.hex, "file_type": "chemical/x-pdb"}
        find = partial(hooks.call, hookspecs.find_import, journal, **asked)
        find()
        return timed(find)

    def showing(self, size):
        """Read all that is recorded of one job."""
        project, job = self._grown(size)
        return timed(lambda: self.session.outcomes(project, job.number))

    def listing(self, size):
        """Read a page of 20 finished jobs."""
        project, _ = self._grown(size)
        read = partial(self.session.query, project, status=JobStatus.FINISHED, limit=20)
        read()
        return timed(read)

    def _run_words(self, *switches):
        place = self.folder / "commands"
        database = ["--database", self.session.settings.database]
        words = ["--projects-dir", str(place), *database, "-q", *switches, "run", "freerflag", f"F_SIGF={native_mtz()}"]
        return ["-W", "ignore", "-m", "ccp4hooks.cli", *words]

    def run_command(self, _size):
        """Run a task by the command, in a process."""
        return command(*self._run_words())

    def run_command_untracked(self, _size):
        """Run a task by the command without the database."""
        return command(*self._run_words("-p", "no:database"))

    def track(self, _size):
        """Track a script: open the job, import its files, extract its results and record them."""
        handler = self.handler()
        script = make_script("bench_task")
        fill(script.container.inputData.XYZ_LIST, small_files(self.sources / str(time.time_ns()), JOB_FILES))
        script.container.controlParameters.KPIS.set(JOB_KPIS)
        written = []

        async def body():
            async with handler.track_job(script):
                # The work of the script itself is subtracted.
                started_s = time.perf_counter()
                fill(script.container.outputData.OUT_LIST, small_files(Path(script.workDirectory), JOB_FILES))
                written.append((time.perf_counter() - started_s) * 1000)

        return timed_async(body) - written[0]

    def hooks(self, size):
        """Return the duration of one hook call [us]."""
        extra = {f"asked{n}": Asked() for n in range(size)}
        session = open_session(self.session.settings, extra=extra)
        dispatcher, journal = session._dispatcher, Journal()
        base = {"job": None, "script": None}
        plan = [one for one in dispatcher.plan.get("pre_import", ()) if one.origin.plugin.startswith("asked")]
        dispatcher.plan = {"pre_import": plan}

        def call():
            for _ in range(CALLS):
                dispatcher.call(hookspecs.pre_import, journal, **base)

        return timed(call) * 1000 / CALLS

    def installed(self, size):
        """Return the CPU time that installed plugins add to the start [ms]."""
        return added_ms(self.folder, size)

    def installed_no_autoload(self, size):
        """Return the same without autoload."""
        return added_ms(self.folder, size, "off")

    def version(self, _size):
        """Show the version."""
        return command("-m", "ccp4hooks.cli", "--version")

    def help(self, _size):
        """Show the help text."""
        return command("-m", "ccp4hooks.cli", "--help")

    def memory(self, _size):
        """Run a task with the command and return its peak memory [MB]."""
        place = [str(self.folder / "projects"), str(native_mtz()), str(self.session.settings.database)]
        return peak_mb("ours", *place)
