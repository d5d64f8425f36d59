"""Describe the performance values of CCP4i2's tasks for people."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ccp4hooks import Better, KpiDescription
from ccp4hooks.cdata import kpi_labels

if TYPE_CHECKING:
    from collections.abc import Iterator

HIGHER, LOWER = Better.HIGHER, Better.LOWER

Row = tuple[str, str, "Better | None", "int | None"]

GROUPS: dict[str, dict[str, Row]] = {
    "": {
        "value": ("Value", "", None, None),
        "annotation": ("Annotation", "", None, None),
    },
    "Data": {
        "spaceGroup": ("Space group", "", None, None),
        "highResLimit": ("High resolution", "A", LOWER, 2),
        "cutoff": ("Resolution cutoff", "A", LOWER, 2),
        "rMeas": ("Rmeas", "", LOWER, 3),
        "ccHalf": ("CC1/2", "", HIGHER, 3),
        "columnLabelsString": ("Columns", "", None, None),
    },
    "Refinement": {
        "RFree": ("R-free", "", LOWER, 4),
        "RFactor": ("R", "", LOWER, 4),
        "R": ("R (all)", "", LOWER, 4),
        "R1Free": ("R1-free", "", LOWER, 4),
        "R1Factor": ("R1", "", LOWER, 4),
        "R1": ("R1 (all)", "", LOWER, 4),
        "FSCaverage": ("FSC average", "", HIGHER, 4),
        "CCFfree_avg": ("CCF free", "", HIGHER, 4),
        "CCFwork_avg": ("CCF work", "", HIGHER, 4),
        "CCF_avg": ("CCF", "", HIGHER, 4),
        "CCIfree_avg": ("CCI free", "", HIGHER, 4),
        "CCIwork_avg": ("CCI work", "", HIGHER, 4),
        "CCI_avg": ("CCI", "", HIGHER, 4),
        "RMSBond": ("RMS bond", "A", None, 4),
        "RMSAngle": ("RMS angle", "deg", None, 3),
        "weightUsed": ("Weight", "", None, None),
    },
    "Phasing": {
        "FOM": ("FOM", "", HIGHER, 3),
        "CFOM": ("Combined FOM", "", HIGHER, 3),
        "Hand1Score": ("Hand 1 score", "", HIGHER, 3),
        "Hand2Score": ("Hand 2 score", "", HIGHER, 3),
        "CC": ("CC", "", HIGHER, 3),
        "LLG": ("LLG", "", HIGHER, 1),
        "TFZ": ("TFZ", "", HIGHER, 1),
        "phaseError": ("Phase error", "deg", LOWER, 1),
        "weightedPhaseError": ("Weighted phase error", "deg", LOWER, 1),
        "reflectionCorrelation": ("Reflection correlation", "", HIGHER, 3),
    },
    "Model": {
        "completeness": ("Completeness", "", HIGHER, 3),
        "nAtoms": ("Atoms", "", None, None),
        "nResidues": ("Residues", "", None, None),
        "RMSxyz": ("RMS deviation", "A", LOWER, 3),
        "QScore": ("Q-score", "", HIGHER, 3),
    },
    "PanDDA": {
        "nDatasets": ("Datasets staged", "", None, None),
        "nDatasetsProcessed": ("Datasets processed", "", None, None),
        "nDatasetsAnalysed": ("Datasets analysed", "", None, None),
        "nEvents": ("Events", "", None, None),
        "nSites": ("Sites", "", None, None),
        "wallSeconds": ("Wall time", "s", None, 1),
        "nCreated": ("Receipts created", "", None, None),
        "nSkipped": ("Already had a receipt", "", None, None),
        "nAbsent": ("Not in the tree", "", None, None),
        "nFailed": ("Failed", "", None, None),
        "nNoProject": ("Project not in this database", "", None, None),
        "nEventsExpected": ("Events expected", "", None, None),
        "nEventsDelivered": ("Event maps delivered", "", None, None),
        "nPosesExpected": ("Poses expected", "", None, None),
        "nPosesDelivered": ("Poses delivered", "", None, None),
        "bestBuildScore": ("Best build score", "", HIGHER, 3),
        "STATE": ("State", "", None, None),
        "STDERR": ("stderr", "", None, None),
    },
}
"""Title, unit, which values are better, and decimals, by the key in each group.

A value of free reflections, which decides which job is the best, comes before that of the others.

Source: the classes ``C...Performance`` of ccp4i2 3.0.1 and 3.1.0a105 and their units; the titles are those of the
screen of ccp4i2 3.1. ``completeness`` is the fraction of residues that were built (``arp_warp_classic``).
"""

UNITS = {"Å": "A", "°": "deg", "s": "s"}
"""The units at the end of CCP4i2's labels, and how ccp4hooks writes them."""

_LABEL = re.compile(rf"(.+) \(({'|'.join(UNITS)})\)")


def describe() -> Iterator[KpiDescription]:
    """Yield a description of each value. The installed CCP4i2 has the last word on titles and on the units in them."""
    labels = kpi_labels()
    for group, rows in GROUPS.items():
        for key, (own_title, own_unit, better, decimals) in rows.items():
            title, unit = split_label(labels.pop(key)) if key in labels else (own_title, own_unit)
            yield KpiDescription(key=key, title=title, unit=unit, better=better, decimals=decimals, group=group)
    for key, label in labels.items():
        title, unit = split_label(label)
        yield KpiDescription(key=key, title=title, unit=unit)


def split_label(label: str) -> tuple[str, str]:
    """Return the title and the unit in a label of CCP4i2.

    >>> split_label("Phase error (°)"), split_label("R (all)")
    (('Phase error', 'deg'), ('R (all)', ''))
    """
    found = _LABEL.fullmatch(label)
    return (found[1], UNITS[found[2]]) if found else (label, "")
