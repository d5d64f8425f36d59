"""Run the cases with ccp4hooks."""

from parity.cases import RNASE
from parity.sources import add_other_project, finish_window

from ccp4hooks import load_settings, make_script, open_session


def run_all(cases, project):
    session = open_session(load_settings())
    for number, case in enumerate(cases):
        if case.window:
            _run_after_window(session, case, project)
        else:
            session.run(case.task, case.values, project=project, title=case.name)
        if number == 0:
            # The first job has created the tables.
            add_other_project()


def _run_after_window(session, case, project):
    """Run a job that a user has opened and finished in a window, which `Session.run` leaves to CCP4i2's app."""
    job = session.open_job(case.task, project=project, title=case.name)
    make_script(case.task).saveDataToXml(str(job.directory / "input_params.xml"))
    finish_window(job.uuid, RNASE)
    session.run_opened(job.uuid)
