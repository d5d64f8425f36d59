"""The script, the report and the class of files of `typed_tasks`."""

from pathlib import Path

from ccp4i2.core.base_object.cdata_file import CDataFile
from ccp4i2.core.base_object.class_metadata import cdata_class
from ccp4i2.core.CCP4PluginScript import CPluginScript
from ccp4i2.report import Report


@cdata_class(qualifiers={"mimeTypeName": "application/x-it-notes", "fileExtensions": ["notes"], "fileLabel": "notes"})
class CNotesFile(CDataFile):
    """Notes."""


class it_notes(CPluginScript):  # noqa: N801 - CCP4i2 names a class like its task
    """Writes notes, and copies those that it is given."""

    TASKNAME = "it_notes"

    def process(self):
        self.checkOutputData()
        given = self.container.inputData.NOTESIN
        text = Path(str(given)).read_text(encoding="utf-8") if given.isSet() else ""
        target = Path(self.workDirectory) / "out.notes"
        target.write_text(f"{text}seen\n", encoding="utf-8")
        self.container.outputData.NOTES.setFullPath(str(target))
        self.reportStatus(CPluginScript.SUCCEEDED)
        return CPluginScript.SUCCEEDED


class NotesReport(Report):
    """A page that names the files of the job which CCP4i2 knows."""

    TASKNAME = "it_notes"
    USEPROGRAMXML = False

    def __init__(self, xmlnode=None, jobInfo=None, jobStatus=None, **options):  # noqa: N803 - CCP4i2's names
        super().__init__(xmlnode=xmlnode, jobInfo=jobInfo or {}, jobStatus=jobStatus, **options)
        known = (jobInfo or {}).get("inputfiles", []) + (jobInfo or {}).get("outputfiles", [])
        names = sorted(f"{one['jobparamname']} {one['filetypeclass']}" for one in known)
        self.addText(text=f"Files: {', '.join(names)}.")
