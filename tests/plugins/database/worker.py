"""Record jobs: worker.py URL PROJECT DIRECTORY JOBS; print the numbers of the jobs."""

import sys
from pathlib import Path
from uuid import uuid4

from ccp4hooks import JobStatus, Project


def main(url, name, directory, jobs):
    from helpers import gleaned, imported, kpi, opened, outcome_of, use

    plugin = use(url, Path(directory).parent)
    project = Project(name=name, directory=Path(directory), uuid=uuid4())
    for _ in range(int(jobs)):
        job = opened(plugin, project)
        plugin.job_status(job, JobStatus.RUNNING, (), ())
        values = (kpi("RFree", 0.25), kpi("nAtoms", 7))
        outcome = outcome_of(
            job, files=(gleaned(job),), imported=(imported(job, f"native_{job.number}.mtz"),), kpis=values
        )
        plugin.job_finished(job, outcome)
        sys.stdout.write(f"{job.number} ")


if __name__ == "__main__":
    main(*sys.argv[1:])
