"""Export the record of a project: as CCP4i2's XML, and our rows, which say more."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from ccp4i2.db import export_project as ccp4i2_export
from ccp4i2.db.models import Job as JobRow
from ccp4i2.db.models import Project as ProjectRow

from ccp4hooks.store import JobNumber, ProjectRecord
from ccp4hooks_database.repository import labels, transfer

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ccp4hooks import Project

NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 does not allow."""

UNKNOWN = "0"
"""What CCP4i2 writes for a KPI that is not in its list."""


def export_record(project: Project, tops: Collection[str] | None) -> ProjectRecord | None:
    """Return the record of a project; None if the project is not recorded.

    Args:
        project: The project.
        tops: Numbers of the top-level jobs to export with their sub-jobs; None for all.
    """
    row = ProjectRow.objects.filter(uuid=project.uuid).first()
    if row is None:
        return None
    jobs = None if tops is None else _keys_of(row.pk, tops)
    rows = transfer.read(row.pk, jobs)
    tags = labels.texts_of_tags(row.pk)
    root = ccp4i2_export.generate_project_xml_tree(row, job_selection=None if tops is None else set(tops))
    _correct(root, rows)
    return ProjectRecord(xml=ET.tostring(root, encoding="utf-8", xml_declaration=True), rows={**rows, "tags": tags})


def _keys_of(project_pk: int, tops: Collection[str]) -> list[int]:
    numbers = JobRow.objects.filter(project_id=project_pk).values_list("pk", "number")
    return sorted(pk for pk, number in numbers if JobNumber(number).top in tops)


def _correct(root: ET.Element, rows: Mapping[str, Any]) -> None:
    """Leave out of CCP4i2's XML what CCP4i2 itself cannot import.

    CCP4i2 writes every KPI that is not in its list under the same key, so that it would read one of them under a wrong
    name; it writes the use of a file of another project, for which its import finds no file; and it writes characters
    that its parser refuses. The rows of a table have no order.
    """
    known = {str(row["uuid"]).replace("-", "") for row in rows["File"]}
    order = {uuid: at for at, uuid in enumerate(str(row["uuid"]).replace("-", "") for row in rows["File"])}
    for table in root.findall("ccp4i2_body/*"):
        for row in list(table):
            unknown_kpi = row.get("keytypeid") == UNKNOWN
            unknown_file = row.tag in ("fileuse", "importfile") and row.get("fileid") not in known
            if unknown_kpi or unknown_file or _text_of(row).lower() in ("nan", "inf", "-inf"):
                table.remove(row)
            for name, value in row.items():
                row.set(name, NOT_IN_XML.sub("", value))
        if table.tag == "fileTable":
            table[:] = sorted(table, key=lambda row: order.get(row.get("fileid", ""), 0))


def _text_of(row: ET.Element) -> str:
    return row.get("value", "") if row.tag == "jobkeyvalue" else ""
