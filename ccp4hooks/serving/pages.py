"""The pages: what is recorded at present, read from the session."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ccp4hooks.errors import BadInputError
from ccp4hooks.model import JobNumber, JobStatus, Labels, Outcome, Report, ReportedJob
from ccp4hooks.outcomes.output_reader import output_path
from ccp4hooks.reports.data.collect import decisive_of, kpis_of
from ccp4hooks.reports.pages import contents, document, page
from ccp4hooks.serving.events import reason_of
from ccp4hooks.serving.parts import Page, Part
from ccp4hooks.texts import counted, time_text, zone_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from uuid import UUID

    from ccp4hooks.model import JobState, JobSummary, OwnedJob, Project
    from ccp4hooks.session import Session

ON_PAGE = 50
"""Number of jobs on a page of a project."""

LOG_LINES = 1_000
"""Number of lines at the end of a log that are shown."""

UNKNOWN = "The database does not know this project: this page shows outcome files."
"""What is said of a project that is not recorded, or not in this database any more."""

ALONE = "No plugin records jobs in a database: this page shows outcome files, and changes only when it is loaded again."
"""What is said where nothing can be followed."""


class Pages:
    """Makes the pages. Each method reads anew.

    Args:
        session: The session.
        prefix: How the paths of all pages begin.
    """

    def __init__(self, session: Session, prefix: str = "") -> None:
        self.session = session
        self._prefix = prefix
        self._names = session.kpi_descriptions
        self._is_live = bool(session.hook_order("job_finished"))

    # --- all projects -----------------------------------------------------------------------------------------

    def projects(self) -> Page:
        """Return the first page: all projects, and the latest jobs.

        Raises:
            StoreError: The database cannot be used.
        """
        self.session.require_store()
        known = self.session.projects()
        # Of all jobs, only those that a process owns are found at once, however many there are.
        running = [one for one in self.session.owned_jobs() if not one.job.number.is_sub_job]
        counts = Counter(one.job.project.uuid for one in running)
        rows = [self._project(one, counts[one.uuid]) for one in known]
        jobs = [self._running(one) for one in running]
        said = document.fragment("live_summary.html", {"sentences": _sentences(known, running)})
        return Page(
            template="live_projects.html",
            content=self._head(),
            parts={
                "live": [Part(id="summary", tag="p", html=said, style="lead")],
                "projects": [_row(f"project-{one['uuid']}", "live_project.html", one) for one in rows],
                "running": [_row(f"running-{one['uuid']}", "live_running.html", one) for one in jobs],
            },
            events=self._events(f"{self._prefix}/events"),
        )

    # --- a project --------------------------------------------------------------------------------------------

    def project(self, uuid: UUID, at: int = 1) -> Page:
        """Return the page of a project: its jobs, the latest first.

        Args:
            uuid: The project.
            at: Number of the page, from 1.

        Raises:
            UnknownNameError: The project does not exist.
            StoreError: The database cannot be used.
        """
        self.session.require_store()
        project = self.session.project(uuid)
        report, has_more = self._brief(project, at)
        base = self._base(project)
        table = contents.table(report)
        of_rows = {"job_href": f"{base}/jobs/", "folds": self._is_live}
        groups = [
            Part(
                id=f"job-{group['number']}",
                tag="tbody",
                html=document.fragment("rows.html", {**of_rows, "group": group}),
                style="open" if group["is_busy"] or not self._is_live else "",
            )
            for group in table["groups"]
        ]
        busy = [one for one in report.jobs if not one.outcome.status.is_over]
        tops = [one for one in busy if one.number in report.tops]
        said = document.fragment("live_summary.html", {"sentences": _of_jobs(tops, report)})
        columns = Part(
            id="columns",
            tag="thead",
            html=document.fragment("columns.html", {"columns": table["columns"], "zone": table["zone"]}),
        )
        return Page(
            template="live_project_page.html",
            content={
                **self._head(),
                **contents.head(report, "jobs"),
                **self._unless_recorded(project),
                "base": base,
                "has_jobs": bool(groups),
                "newer": at - 1,
                "older": at + 1 if has_more else 0,
            },
            parts={"live": [Part(id="summary", tag="p", html=said, style="lead")], "jobs": [columns, *groups]},
            events=self._events(f"{base}/events?page={at}"),
        )

    def _brief(self, project: Project, at: int) -> tuple[Report, bool]:
        """Return the jobs on a page, with what the table of jobs shows of them, and whether there are more."""
        limit = at * ON_PAGE
        found = self.session.query(project, sub_jobs=False, limit=limit + 1)[limit - ON_PAGE : limit + 1]
        rows, has_more = found[:ON_PAGE], len(found) > ON_PAGE
        below = self.session.with_sub_jobs(rows)[len(rows) :]
        dead = self._dead(project)
        progress = self._progress(project, [*rows, *below])
        order: dict[JobNumber, list[JobSummary]] = {one.job.number: [one] for one in rows}
        for one in sorted(below, key=lambda one: one.job.number.parts):
            order.setdefault(one.job.number.top, []).append(one)
        report = Report(
            project=project,
            labels=self.session.labels(project)[0],
            made_at=datetime.now(timezone.utc),
            is_whole=False,
            jobs=tuple(self._reported(one, dead, progress) for group in order.values() for one in group),
        )
        return self._with_kpis(report), has_more

    def _with_kpis(self, report: Report) -> Report:
        """Return jobs with the KPIs that their table shows; the best job is that of the whole project."""
        found = kpis_of(report, self._names)
        decisive = decisive_of(found)
        best = self._best(report.project, decisive)
        kpis = tuple(replace(one, best=best if one.key == decisive else ()) for one in found)
        return replace(report, kpis=kpis, decisive=decisive)

    def _best(self, project: Project, key: str) -> tuple[JobNumber, ...]:
        described = self._names.of(key) if key else None
        if described is None or described.better is None:
            return ()
        sort = f"-{key}" if described.better.name == "HIGHER" else key
        status = [one for one in JobStatus if one.is_success]
        found = self.session.query(project, status=status, sub_jobs=False, keys=(), sort=sort, limit=1)
        return tuple(one.job.number for one in found)

    # --- a job ------------------------------------------------------------------------------------------------

    def job(self, uuid: UUID, number: str) -> Page:
        """Return the page of a job: everything that is recorded of it and of its sub-jobs.

        Raises:
            UnknownNameError: The project or the job does not exist.
            StoreError: The database cannot be used.
        """
        self.session.require_store()
        project = self.session.project(uuid)
        report = self.session.report(project, _valid(number), sections=False)
        jobs = report.jobs
        progress = self._progress(project, [one.outcome for one in jobs])
        base = self._base(project)
        first = contents.details(report)[0]
        said = {str(one.number): progress.get(one.outcome.job.uuid, "") for one in jobs}
        parts = [_of_job({**one, "progress": said[one["number"]]}, base) for one in (first, *first["below"])]
        return Page(
            template="live_job.html",
            content={
                **self._head(),
                **contents.head(report, f"job {number}"),
                **self._unless_recorded(project),
                "base": base,
                "number": number,
                "task": jobs[0].outcome.job.task,
            },
            parts={"live": parts},
            events=self._events(f"{base}/jobs/{number}/events"),
        )

    def log(self, uuid: UUID, number: str, *, program: bool) -> Page:
        """Return the page with the log of a job: the last lines. The rest comes by its events.

        Raises:
            UnknownNameError: The project or the job does not exist.
            StoreError: The database cannot be used.
        """
        self.session.require_store()
        project = self.session.project(uuid)
        state = self.session.job_state(project, _valid(number))
        text, why_none = self._output(project, number, program=program)
        below = self.session.outcomes(project, number)[1:] if program and not text else ()
        have = [one.job.number for one in below if output_path(one.job.directory, program=True).is_file()]
        base = self._base(project)
        word = "?program=1" if program else ""
        return Page(
            template="live_log.html",
            content={
                **self._head(),
                "project": project.name,
                "base": base,
                "number": number,
                "task": state.outcome.job.task,
                "program": program,
                "text": text,
                "why_none": _of_sub_jobs(state) if have else why_none,
                "sub_jobs": [str(one) for one in have],
            },
            events=f"{base}/jobs/{number}/log/events{word}" if state.is_active else "",
        )

    def _output(self, project: Project, number: str, *, program: bool) -> tuple[str, str]:
        """Return the end of what a job has printed, or else the reason why there is nothing."""
        try:
            text = "".join(self.session.job_output(project, number, program=program, lines=LOG_LINES))
        except BadInputError as error:
            return "", str(error)
        except OSError as error:
            return "", reason_of(error)
        return text, "" if text.strip() else "Nothing has been printed."

    def report(self, uuid: UUID, *numbers: str) -> str:
        """Return the report on a project, or on some of its jobs, as HTML.

        Raises:
            UnknownNameError: The project or a job does not exist.
            StoreError: The database cannot be used.
        """
        self.session.require_store()
        return page.render(self.session.report(uuid, *map(_valid, numbers)))

    def _project(self, project: Project, running: int) -> dict[str, Any]:
        return {
            "uuid": str(project.uuid),
            "href": self._base(project),
            "name": project.name,
            "directory": str(project.directory),
            "running": running,
        }

    def _running(self, one: OwnedJob) -> dict[str, Any]:
        job = one.job
        return {
            "uuid": str(job.uuid),
            "project": job.project.name,
            "href": f"{self._base(job.project)}/jobs/{job.number}",
            "number": str(job.number),
            "task": job.task,
            "title": "" if job.title == job.task else job.title,
            "host": one.host,
            "status": contents.status_of(one.status, has_died=not one.alive),
        }

    # --- shared -----------------------------------------------------------------------------------------------

    def _base(self, project: Project) -> str:
        """Return the path of the page of a project."""
        return f"{self._prefix}/projects/{project.uuid}"

    def _head(self) -> dict[str, Any]:
        now = datetime.now(timezone.utc)
        return {
            "home": f"{self._prefix}/",
            "alone": "" if self._is_live else ALONE,
            "made_at": f"{time_text(now)} {zone_of([now])}",
        }

    def _unless_recorded(self, project: Project) -> dict[str, Any]:
        is_known = not self._is_live or any(one.uuid == project.uuid for one in self.session.projects())
        return {} if is_known else {"alone": UNKNOWN}

    def _events(self, path: str) -> str:
        return path if self._is_live else ""

    def _dead(self, project: Project | None) -> set[UUID]:
        return {one.job.uuid for one in self.session.owned_jobs(project) if not one.alive}

    def _progress(self, project: Project, jobs: Iterable[JobSummary | Outcome]) -> dict[UUID, str]:
        """Return what the programs of running jobs have reported, in a few words."""
        if not self._is_live or not any(one.status.is_running for one in jobs):
            return {}
        states = self.session.watch(project).read()
        return {one.outcome.job.uuid: self._names.progress_text(one.progress) for one in states if one.progress}

    def _reported(self, one: JobSummary, dead: Collection[UUID], progress: Mapping[UUID, str]) -> ReportedJob:
        """Return a job of a query with what the table of jobs shows."""
        return ReportedJob(
            outcome=Outcome(
                job=one.job,
                status=one.status,
                created_at=one.created_at,
                started_at=one.started_at,
                finished_at=one.finished_at,
                kpis=one.kpis,
            ),
            labels=Labels(uuid=one.job.uuid, title=one.job.title, note=one.note, tags=one.tags),
            has_died=one.job.uuid in dead and not one.status.is_over,
            progress=progress.get(one.job.uuid, ""),
        )


def _of_sub_jobs(state: JobState) -> str:
    return f"The task of job {state.outcome.job.number} has run no program itself. These sub-jobs have:"


def _valid(number: str) -> str:
    """Return the number of a job.

    Raises:
        BadInputError: It is none.
    """
    if not JobNumber(number).is_valid:
        raise BadInputError(f"{number!r} is not a job number such as 3 or 3.1.")
    return number


def _row(name: str, template: str, content: Mapping[str, Any]) -> Part:
    return Part(id=name, tag="tr", html=document.fragment(template, content))


def _sentences(projects: Sequence[Project], running: Sequence[OwnedJob]) -> list[str]:
    if not projects:
        return ["There are no projects yet. `ccp4hooks run` makes one, and `ccp4hooks demo` an example."]
    return [f"{counted(len(projects), 'project')}.", *_busy(sum(one.alive for one in running), 0)]


def _of_jobs(active: Sequence[ReportedJob], report: Report) -> list[str]:
    if not report.jobs:
        return ["This project has no jobs."]
    running = sum(one.outcome.status.is_running for one in active)
    return _busy(running, len(active) - running)


def _busy(running: int, waiting: int) -> list[str]:
    """Return how many jobs run and wait, in sentences."""
    said = [f"{counted(running, 'job')} {'is' if running == 1 else 'are'} running."] if running else []
    said += [f"{counted(waiting, 'job')} {'waits' if waiting == 1 else 'wait'}."] if waiting else []
    return said or ["No job is running."]


def _of_job(one: dict[str, Any], base: str) -> Part:
    """Return the part of the page of a job that shows the job or one of its sub-jobs."""
    here = f"{base}/jobs/{one['number']}"
    files = [{**file, "href": f"{here}/files/{file['uuid']}"} for file in one["files"]]
    content = {"one": {**one, "files": files, "log": ""}, "href": here, "report": f"{here}/report"}
    html = document.fragment("live_details.html", content)
    return Part(id=f"job-{one['number']}", tag="section", html=html)
