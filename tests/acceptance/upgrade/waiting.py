"""Open a waiting job, register a use of a file manually, or run a waiting job; the first argument chooses."""

import sys
from pathlib import Path
from uuid import UUID

from ccp4hooks import load_settings, make_script, open_session
from ccp4hooks_database import AsyncDatabaseHandler

LONG = "A_SECOND_MODEL_WITH_A_NAME_LONGER_THAN_THE_OLD_COLUMN"


def open_waiting(model):
    """Open a job with its parameters, which waits to be run, and print its identity."""
    session = open_session(load_settings())
    job = session.open_job("coordinate_selector", project="p")
    script = make_script("coordinate_selector")
    script.container.inputData.XYZIN.setFullPath(model)
    script.saveDataToXml(str(Path(job.directory) / "input_params.xml"))
    print(job.uuid)  # noqa: T201


def run_waiting(uuid):
    print(open_session(load_settings()).run_opened(UUID(uuid)).outcome.status.name)  # noqa: T201


def register():
    """Register by hand that job 2 reads an output of job 1."""
    session = open_session(load_settings())
    project = session.project("p")
    one, two = (session.outcomes(project, number)[0] for number in ("1", "2"))
    AsyncDatabaseHandler(project.uuid, session=session).register_input_file_sync(two.job.uuid, one.files[0].uuid, LONG)


if __name__ == "__main__":
    {"open": open_waiting, "run": run_waiting, "register": register}[sys.argv[1]](*sys.argv[2:])
