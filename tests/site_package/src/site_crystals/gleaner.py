"""The site's number for every job."""

from ccp4hooks import Kpi, hookimpl

ccp4hooks_requires = ">=1.0,<2"


@hookimpl
def glean_kpi(job):
    """Return how many files the job directory has."""
    yield Kpi(key="siteFiles", value=sum(path.is_file() for path in job.directory.rglob("*")))
