"""CCP4i2's page of a job of the task."""

from ccp4i2.report import Report


class SiteReport(Report):
    """A page with one sentence."""

    TASKNAME = "site_count"
    USEPROGRAMXML = False

    def __init__(self, xmlnode=None, jobInfo=None, jobStatus=None, **options):  # noqa: N803 - CCP4i2's names
        """Write the sentence."""
        super().__init__(xmlnode=xmlnode, jobInfo=jobInfo or {}, jobStatus=jobStatus, **options)
        self.addText(text="The site has counted the atoms.")
