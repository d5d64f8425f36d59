"""Measure reports and the live page on projects of many jobs: ``python -m benchmarks.reports [--jobs N]...``.

Prints a table and asserts nothing. The jobs are a chain of refinements: a row with a file, a use and two KPIs in the
database for each, and an outcome file with parameters, plugin timings and versions in its directory.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from uuid import uuid5

from ccp4hooks import (
    GleanedFile,
    Job,
    JobStatus,
    Kpi,
    Outcome,
    ParameterSource,
    ParameterValue,
    Provenance,
    load_settings,
    open_session,
)
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.store import FileUse, JobNumber, Origin, Timing

SIZES = (10, 1_000, 10_000)
CHROMIUM = ("chromium-headless-shell", "chromium", "google-chrome")
PDB = "chemical/x-pdb"
PARAMETERS = 8
AT = datetime(2026, 1, 2, 3, 4, tzinfo=timezone.utc)
PAINT = """() => new Promise((done) => {
    const seen = () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime;
    if (seen()) return done(seen());
    new PerformanceObserver(() => { if (seen()) done(seen()); }).observe({ type: "paint", buffered: true });
})"""
"""Returns when the browser showed the first text [ms]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A project with many jobs.

    Attributes:
        folder: Directory of the database and the project.
        jobs: Number of jobs.
        uuid: UUID of the project.
    """

    folder: Path
    jobs: int
    uuid: str

    def command(self, *arguments):
        """Return a command of ccp4hooks as words."""
        return [sys.executable, "-W", "ignore", "-m", "ccp4hooks.cli", *arguments]

    @property
    def environment(self):
        """The environment of a command."""
        own = {"DATABASE_URL": url(self.folder), "CCP4I2_PROJECTS_DIR": str(self.folder / "projects")}
        return {**os.environ, **own, "HOME": str(self.folder), "CCP4I2_HOME": str(self.folder / "home")}

    def took_s(self, *arguments):
        """Run a command and return its duration and its CPU time, which depends less on the load of the machine [s]."""
        words, before = self.command(*arguments), resource.getrusage(resource.RUSAGE_CHILDREN)
        started_s = time.perf_counter()
        subprocess.run(words, env=self.environment, cwd=self.folder, check=True, capture_output=True)
        took_s, after = time.perf_counter() - started_s, resource.getrusage(resource.RUSAGE_CHILDREN)
        return took_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def url(folder):
    """Return the URL of the database in a directory."""
    return f"sqlite:///{folder / 'db.sqlite3'}"


def made(folder, count):
    """Make a project with many jobs."""
    folder.mkdir()
    session = open_session(load_settings(projects_dir=folder / "projects", database=url(folder)))
    session.init_store()
    project = session.create_project("many")
    outcomes = [outcome_of(project, at) for at in range(1, count + 1)]
    for one in outcomes:
        one.job.directory.mkdir(parents=True)
        text = {"schema_version": outcome_file.SCHEMA_VERSION, **outcome_file.to_json(one)}
        # Without the fsync of `outcome_file.write`: nobody will need these files after a power failure.
        (one.job.directory / outcome_file.FILE_NAME).write_text(json.dumps(text, indent=1), encoding="utf-8")
        one.files[0].path.write_bytes(b"END\n")
    insert(outcomes, project)
    return Place(folder=folder, jobs=count, uuid=str(project.uuid))


def outcome_of(project, at):
    """Return the outcome of one of the jobs, which has read the model of the job before it."""
    number = JobNumber(str(at))
    job = Job(
        uuid=uuid5(project.uuid, number),
        number=number,
        task="refine",
        title=f"Refinement {at}",
        project=project,
        directory=project.job_directory(number),
    )
    before = uuid5(project.uuid, str(at - 1))
    read = project.job_directory(JobNumber(str(at - 1))) / "XYZOUT.pdb"
    use = FileUse(file_uuid=uuid5(before, "XYZOUT"), parameter="inputData.XYZIN", path=read)
    file = GleanedFile(
        uuid=uuid5(job.uuid, "XYZOUT"),
        parameter="outputData.XYZOUT",
        path=job.directory / "XYZOUT.pdb",
        size_bytes=4,
        file_type=PDB,
        class_name="CPdbDataFile",
    )
    opened = AT + timedelta(minutes=at)
    r_free = 0.2 + 0.1 * ((at * 7919) % 1000) / 1000
    origins = [Origin(plugin=name) for name in ("kpi", "database", "file-import", "validation")]
    return Outcome(
        job=job,
        status=JobStatus.FINISHED,
        created_at=opened,
        started_at=opened,
        finished_at=opened + timedelta(seconds=30),
        uses=(use,) if at > 1 else (),
        files=(file,),
        kpis=(Kpi(key="RFree", value=r_free), Kpi(key="RFactor", value=r_free - 0.04)),
        timings=tuple(Timing(hook="glean_kpi", origin=origin, calls=1, duration_s=0.01) for origin in origins),
        software={"ccp4hooks": "0.1.0", "ccp4i2": "3.0.1", "python": "3.11.7"},
        parameters=tuple(
            ParameterValue(name=f"controlParameters.P{n}", value=n, default=0, source=ParameterSource.USER)
            for n in range(PARAMETERS)
        ),
        provenance=Provenance(command=f"ccp4hooks run refine XYZIN=@{at - 1}.XYZOUT", user="ada", host="lab"),
    )


def insert(outcomes, project):
    """Insert the rows of all jobs, one statement per table and batch."""
    from ccp4i2.db import models
    from django.db import transaction

    row = models.Project.objects.get(uuid=project.uuid)
    models.FileType.objects.get_or_create(name=PDB, defaults={"description": PDB})
    keys = [models.JobValueKey(name=key, description=key) for key in ("RFree", "RFactor")]
    with transaction.atomic():
        models.JobValueKey.objects.bulk_create(keys, ignore_conflicts=True)
        models.Job.objects.bulk_create(
            [
                models.Job(
                    uuid=one.job.uuid,
                    project=row,
                    number=one.job.number,
                    title=one.job.title,
                    task_name=one.job.task,
                    status=6,
                    creation_time=one.created_at,
                    finish_time=one.finished_at,
                )
                for one in outcomes
            ],
            batch_size=500,
        )
        pks = dict(models.Job.objects.filter(project=row).values_list("uuid", "pk"))
        models.File.objects.bulk_create(
            [
                models.File(
                    uuid=file.uuid,
                    name=file.path.name,
                    directory=1,
                    type_id=PDB,
                    job_id=pks[one.job.uuid],
                    job_param_name="XYZOUT",
                )
                for one in outcomes
                for file in one.files
            ],
            batch_size=500,
        )
        files = dict(models.File.objects.filter(job__project=row).values_list("uuid", "pk"))
        models.FileUse.objects.bulk_create(
            [
                models.FileUse(file_id=files[use.file_uuid], job_id=pks[one.job.uuid], role=1, job_param_name="XYZIN")
                for one in outcomes
                for use in one.uses
            ],
            batch_size=500,
        )
        models.JobFloatValue.objects.bulk_create(
            [
                models.JobFloatValue(job_id=pks[one.job.uuid], key_id=kpi.key, value=kpi.value)
                for one in outcomes
                for kpi in one.kpis
            ],
            batch_size=500,
        )
        models.Project.objects.filter(pk=row.pk).update(last_job_number=len(outcomes))


def in_process(place, rounds):
    """Return the durations of collecting a report and of writing its page [s], without the start of Python."""
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from ccp4hooks import open_session, load_settings\n"
        "session = open_session(load_settings())\n"
        "t0 = time.perf_counter(); report = session.report('many')\n"
        "t1 = time.perf_counter(); session.write_report(report, Path('inside.html'))\n"
        "print(t1 - t0, time.perf_counter() - t1)\n"
    )
    found = []
    for _ in range(rounds):
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", script],
            env=place.environment,
            cwd=place.folder,
            check=True,
            capture_output=True,
            text=True,
        )
        found.append(tuple(map(float, done.stdout.split())))
    return tuple(min(one) for one in zip(*found, strict=True))


@contextmanager
def server_of(place):
    """Start ``ccp4hooks serve`` and yield its address."""
    words = place.command("serve", "--port", "0", "--no-token")
    with subprocess.Popen(
        words, env=place.environment, cwd=place.folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
            process.wait()


def pages_s(place, rounds):
    """Return the durations of the first page and of that of the project, in a server that has answered before [s]."""
    found = []
    with server_of(place) as address:
        for page in (address, f"{address.rstrip('/')}/projects/{place.uuid}"):
            _asked_s(page)
            found.append(min(_asked_s(page) for _ in range(2 * rounds)))
    return tuple(found)


def _asked_s(page):
    started_s = time.perf_counter()
    with urllib.request.urlopen(page) as answer:  # noqa: S310 - our own server
        answer.read()
    return time.perf_counter() - started_s


def paint_ms(browser, page_path, rounds):
    """Return when Chromium shows the first text of a page [ms]; NaN if it has not loaded the page after 30 s."""
    from playwright.sync_api import TimeoutError as TooLate

    found = []
    for _ in range(rounds):
        page = browser.new_page()
        try:
            page.goto(page_path.as_uri())
        except TooLate:
            return float("nan")
        found.append(page.evaluate(PAINT))
        page.close()
    return min(found)


def measured(place, browser, rounds):
    """Return all numbers of a project, by their names."""
    commands = {
        "report": ("report", "many", "-o", "report.html"),
        "jobs --limit 0": ("jobs", "many", "--limit", "0"),
        "jobs": ("jobs", "many"),
    }
    found = {}
    # In turn, so that another load of the machine disturbs all of them.
    times = [[place.took_s(*words) for words in commands.values()] for _ in range(rounds)]
    for name, measured_s in zip(commands, zip(*times, strict=True), strict=True):
        found[f"{name} [s]"], found[f"{name}, CPU [s]"] = map(min, zip(*measured_s, strict=True))
    page = place.folder / "report.html"
    collect_s, write_s = in_process(place, rounds)
    first_s, project_s = pages_s(place, rounds)
    return {
        **found,
        "collect the report [s]": collect_s,
        "write the page [s]": write_s,
        "size [MB]": page.stat().st_size / 1e6,
        "first paint [ms]": paint_ms(browser, page, rounds) if browser else float("nan"),
        "first live page [s]": first_s,
        "live page of project [s]": project_s,
    }


def show(found):
    """Print the numbers of all projects, and the ratios that have a target."""
    names = list(next(iter(found.values())))
    print(f"{'jobs':26}" + "".join(f"{size:>10}" for size in found))
    for name in names:
        print(f"{name:26}" + "".join(f"{one[name]:>10.3g}" for one in found.values()))
    for size, one in found.items():
        for other in ("jobs --limit 0", "jobs"):
            ratios = [one[f"report{kind}"] / one[f"{other}{kind}"] for kind in (" [s]", ", CPU [s]")]
            print(
                f"{size} jobs: report is {ratios[0]:.2f} times `{other}`, {ratios[1]:.2f} times in CPU time (target: 2)"
            )
    smallest, *larger = found
    for size in larger:
        for name in ("first paint [ms]", "first live page [s]", "live page of project [s]"):
            print(f"{name} at {size} jobs: {found[size][name] / found[smallest][name]:.2f} times {smallest} jobs")
    print("targets: 4 MB and first paint 2 times at 1000 jobs; first live page 1.2 times at 10000 jobs")


def main():
    """Make the projects, measure them, and print the numbers."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reports", description=__doc__)
    parser.add_argument("--jobs", type=int, action="append", help="number of jobs of a project; can be repeated")
    parser.add_argument("--rounds", type=int, default=3, help="number of measurements, of which the least counts")
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ccp4hooks-bench-"))
    try:
        found = {}
        for size in asked.jobs or SIZES:
            place = made_apart(folder / str(size), size)
            with chromium() as browser:
                found[size] = measured(place, browser, asked.rounds)
            print(f"{size} jobs:", json.dumps(found[size]), file=sys.stderr, flush=True)
        print(f"load {os.getloadavg()[0]:.2f}")
        show(found)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def made_apart(folder, count):
    """Make a project in a process of its own, because Django connects to one database for ever."""
    code = f"""if True:
        from pathlib import Path
        from benchmarks import reports
        print(reports.made(Path({str(folder)!r}), {count}).uuid)
    """
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("CCP4HOOKS_", "DATABASE_URL"))}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], env=clean, check=True, stdout=subprocess.PIPE, text=True
    )
    return Place(folder=folder, jobs=count, uuid=done.stdout.split()[-1])


@contextmanager
def chromium():
    """Yield a browser, or None without Chromium."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        yield None
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found)
        try:
            yield browser
        finally:
            browser.close()


if __name__ == "__main__":
    main()
