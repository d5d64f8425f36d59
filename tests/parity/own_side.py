"""Run the cases with ccp4hooks."""

from ccp4hooks import load_settings, open_session


def run_all(cases, project):
    session = open_session(load_settings())
    for case in cases:
        session.run(case.task, case.values, project=project, title=case.name)
