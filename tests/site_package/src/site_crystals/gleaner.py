"""Extract a KPI of the site from every job."""

from ccp4hooks import Kpi, hookimpl

ccp4hooks_requires = ">=1.0,<2"


@hookimpl
def glean_kpi(job):
    """Return the number of files in the job directory."""
    yield Kpi(key="siteFiles", value=sum(path.is_file() for path in job.directory.rglob("*")))
