"""What every plugin that adds to reports must do."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ccp4hooks.model import JobStatus, Kpi, Outcome, Plot, Project, Section, Text, project_uuid
from ccp4hooks.plugins.hook_results import Remarks
from ccp4hooks.testing.contracts.base import Contract, Plan
from ccp4hooks.testing.kit import make_file, make_job, sample, snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ccp4hooks.model import GleanedFile, Job


FEW, MANY = 4, 16
"""Numbers of jobs of the reports for which the calls are counted."""

TAG = re.compile(r"<(?:[a-zA-Z/!][^>]*)>")
"""What begins like HTML."""


class SectionContract(Contract):
    """Test that a plugin that adds to reports copes with all jobs, returns data, writes nothing, and is fast.

    Inherit from this class in a test module, in a class whose name begins with ``Test``, and set `plugin`.

    Attributes:
        plugin: See `GleanerContract`.
        kpis: KPIs of the jobs that have ended, so that the plugin has something to show. Default: an R-free.
        samples: Real files that each of these jobs has written. Default: a model and reflections from CCP4i2.
        max_calls: Maximum number of calls of functions, those written in C included, for each job of a report.
        heavy: See `GleanerContract`.
        max_modules: See `GleanerContract`.
    """

    kpis: Sequence[Kpi] = (Kpi(key="RFree", value=0.25),)
    samples: Sequence[Path] = ()
    max_calls = 20_000

    def test_it_adds_to_reports(self) -> None:
        """The plugin is loaded and implements `report_section`."""
        assert self.implementations("report_section"), "the plugin does not implement report_section"

    def test_it_returns_data_whatever_the_jobs(self, tmp_path: Path) -> None:
        """The plugin raises no exception and returns tables, plots and texts that can be shown."""
        for kind, outcomes in self._projects(tmp_path).items():
            remarks = Remarks()
            self._sections(outcomes, remarks)
            unfit = [problem.message for problem in remarks.problems]
            assert unfit == [], f"this would be left out ({kind} jobs)"

    def test_it_shows_something_of_jobs_with_results(self, tmp_path: Path) -> None:
        """The plugin has something to show of jobs with a result; set `kpis` to what it shows."""
        assert self._sections(self._ended(tmp_path, FEW)), "the plugin shows nothing of jobs with these KPIs"

    def test_it_writes_nothing(self, tmp_path: Path) -> None:
        """The plugin changes nothing in the project directory."""
        outcomes = self._ended(tmp_path, FEW)
        before = snapshot(tmp_path)
        self._sections(outcomes)
        assert snapshot(tmp_path) == before, "a plugin that adds to reports must not write files"

    def test_it_gives_the_same_twice(self, tmp_path: Path) -> None:
        """The plugin returns the same when it is called again, and after it is loaded again."""
        for outcomes in self._projects(tmp_path).values():
            same = self._sections(outcomes) == self._sections(outcomes)
            assert same, "the plugin has returned something else when it was called again"

    def test_it_returns_no_html(self, tmp_path: Path) -> None:
        """No text has HTML of the plugin: a report shows it as it is written, and never as HTML."""
        for section in self._sections(self._ended(tmp_path / "contract", FEW)):
            found = TAG.search(_text_of(section))
            assert found is None, f"{section.title!r} has HTML, {found and found[0]!r}: return a table, or Markdown"

    def test_it_takes_few_calls_for_each_job(self, tmp_path: Path) -> None:
        """The number of calls is limited for each job, and grows no faster than the number of jobs."""
        few, many = (self._ended(tmp_path / f"of_{number}", number) for number in (FEW, MANY))
        plan = self.loaded()
        self._sections(few, plan=plan)  # So that what is imported at the first call is not counted.
        calls, more = (_calls_of(partial(self._sections, jobs, plan=plan)) for jobs in (few, many))
        each = more // MANY
        assert each <= self.max_calls, f"{each} calls for each job of a report; at most {self.max_calls} are allowed"
        limit = calls * 2 * MANY // FEW
        assert more <= limit, (
            f"{calls} calls for {FEW} jobs, {more} for {MANY}: they must not grow faster than the jobs"
        )

    def _projects(self, directory: Path) -> dict[str, tuple[Outcome, ...]]:
        """Return the jobs of some projects: with results, failed, waiting, and none."""
        ended = self._ended(directory, FEW)
        failed = tuple(replace(one, status=JobStatus.FAILED, kpis=(), files=()) for one in ended)
        waiting = tuple(Outcome(job=one.job, status=JobStatus.PENDING, created_at=one.created_at) for one in ended)
        mixed = (ended[0], failed[1], *waiting[2:])
        return {"ended": ended, "failed": failed, "waiting": waiting, "mixed": mixed, "none": ()}

    def _ended(self, directory: Path, number: int) -> tuple[Outcome, ...]:
        """Return jobs with results."""
        jobs = [make_job(directory, number=str(one)) for one in range(1, number + 1)]
        at = datetime(2026, 1, 2, tzinfo=timezone.utc)
        return tuple(
            Outcome(
                job=job,
                status=JobStatus.FINISHED,
                created_at=at,
                started_at=at,
                finished_at=at,
                kpis=tuple(self.kpis),
                files=self._files_of(job),
            )
            for job in jobs
        )

    def _files_of(self, job: Job) -> tuple[GleanedFile, ...]:
        """Write files of a job."""
        paths = self.samples or (sample("pdb"), sample("mtz"))
        return tuple(
            make_file(job, path.name, path.read_bytes(), parameter=f"outputData.OUT{at}")
            for at, path in enumerate(paths)
        )

    def _sections(
        self, outcomes: Sequence[Outcome], remarks: Remarks | None = None, plan: Plan | None = None
    ) -> list[Section | Plot | Text]:
        project = Project(name="contract", directory=Path.cwd(), uuid=project_uuid(Path.cwd()))
        arguments = {"project": outcomes[0].job.project if outcomes else project, "outcomes": tuple(outcomes)}
        noted = Remarks() if remarks is None else remarks
        found = (self.loaded() if plan is None else plan).get("report_section", ())
        return [one for implementation in found for one in implementation(arguments, noted) or ()]


def _text_of(section: Section | Plot | Text) -> str:
    """Return all texts of what a plugin returned. The title of a plot may be a part of its specification."""
    if isinstance(section, Section):
        return "\n".join([section.title, *(f"{name}\n{value}" for row in section.table for name, value in row.items())])
    return f"{section.title}\n{section.markdown if isinstance(section, Text) else json.dumps(section.vega_lite)}"


def _calls_of(work: Callable[[], object]) -> int:
    """Return how many functions are called while a function runs."""
    count, before = 0, sys.getprofile()

    def note(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count
