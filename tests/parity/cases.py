"""The tasks that run on every side, in one project, in this order."""

import os
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from parity.sources import DATASET, MANIFEST, TREE

CCP4I2 = Path(find_spec("ccp4i2").origin).parent
IS_3_0 = version("ccp4i2").startswith("3.0.")
OBSERVED = CCP4I2 / "wrappers/freerflag/test_data/rnase25_fsigf.mtz"
ALL_COLUMNS = CCP4I2 / "wrappers/freerflag/test_data/rnase25.mtz"
MODEL = CCP4I2 / "wrappers/chainsaw/test_data/1a80_A.pdb"
OTHER_MODEL = CCP4I2 / "wrappers/edstats/test_data/ghcp4i_67_buccaneer_refmac1.pdb"
RNASE = CCP4I2 / "wrappers/ccp4mg_edit_model/test_data/XYZOUT.pdb"
SITES = Path(__file__).with_name("sites.pdb")
SEQUENCE = "DVSGTVCLSALPPEATDTLNLIASDGPFPYSQDGVVFQNRESVLPTQSYGYYHEYTVITPGARTRGTRRIITGEATQEDYYTGDHYATFSLIDQTC"

PROJECT = "parity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One job.

    Attributes:
        name: Of the case; the job's title.
        task: TASKNAME.
        values: Full name and value of each parameter; an output of an earlier job is written ``@JOB.PARAMETER``.
        window: Whether the task works in a window of CCP4i2's app, so that a user has finished its work before it runs.
    """

    name: str
    task: str
    values: tuple[tuple[str, str | int | bool], ...]
    window: bool = False


FIRST = Case(name="freerflag", task="freerflag", values=(("inputData.F_SIGF", str(OBSERVED)),))

AGAIN = Case(
    name="freerflag, with the output of another job and a file that is imported already",
    task="freerflag",
    values=(
        ("inputData.F_SIGF", str(OBSERVED)),
        ("inputData.FREERFLAG", "@1.FREEROUT"),
        ("controlParameters.GEN_MODE", "COMPLETE"),
    ),
)

SPLIT = Case(name="splitMtz", task="splitMtz", values=(("inputData.HKLIN", str(ALL_COLUMNS)),))

SELECTOR = Case(name="coordinate_selector", task="coordinate_selector", values=(("inputData.XYZIN", str(MODEL)),))

CONTENTS = Case(
    name="ProvideAsuContents",
    task="ProvideAsuContents",
    values=(
        ("inputData.ASU_CONTENT[0].name", "RNase Sa"),
        ("inputData.ASU_CONTENT[0].sequence", SEQUENCE),
        ("inputData.ASU_CONTENT[0].polymerType", "PROTEIN"),
        ("inputData.ASU_CONTENT[0].nCopies", 2),
        ("inputData.HKLIN", str(ALL_COLUMNS)),
    ),
)

HEADER = Case(name="mtzheader", task="mtzheader", values=(("inputData.HKLIN", str(ALL_COLUMNS)),))

PIPELINE = Case(
    name="a pipeline with two sub-jobs",
    task="parity_pipeline",
    values=(
        ("inputData.F_SIGF", str(OBSERVED)),
        ("inputData.XYZIN", "@4.XYZOUT"),
        ("inputData.OTHERS[0]", str(OTHER_MODEL)),
    ),
)

# Without restraints, servalcat needs no monomer library.
REFINED = (
    ("inputData.XYZIN", str(RNASE)),
    ("inputData.HKLIN", str(OBSERVED)),
    ("inputData.FREERFLAG", "@1.FREEROUT"),
    ("controlParameters.NCYCLES", 1),
    ("controlParameters.UNRESTRAINED", True),
    ("controlParameters.HYDR_USE", False),
)
# The validation in the pipeline needs CCP4.
NOT_VALIDATED = tuple((f"controlParameters.VALIDATE_{what}", False) for what in ("IRIS", "RAMACHANDRAN", "MOLPROBITY"))

# Only 3.1 says that the task needs no program of CCP4.
ADDED = Case(
    name="add_substructure",
    task="add_substructure",
    values=(
        ("inputData.XYZIN", str(RNASE)),
        ("inputData.XYZIN_SUB", str(SITES)),
        ("controlParameters.FIND_ORIGIN", False),
    ),
)

EVENTS = Case(
    name="pandda_events",
    task="pandda_events",
    values=(("inputData.PANDDA_OUT_DIR", str(TREE.absolute())), ("inputData.DTAG", DATASET)),
)

# Without the preview, the task runs jobs in other projects.
FANOUT = Case(
    name="pandda_fanout",
    task="pandda_fanout",
    values=(
        ("inputData.MANIFEST", str(MANIFEST)),
        ("controlParameters.PANDDA_OUT_DIR", str(TREE.absolute())),
        ("controlParameters.DRY_RUN", True),
    ),
)

WINDOW = Case(name="moorhen", task="moorhen", values=(), window=True)

ALWAYS = (FIRST, AGAIN, SPLIT, SELECTOR, CONTENTS, HEADER, PIPELINE)
if not IS_3_0:
    ALWAYS = (*ALWAYS, ADDED, EVENTS, FANOUT, WINDOW)
WITH_SERVALCAT = (
    Case(name="servalcat", task="servalcat", values=REFINED),
    Case(name="servalcat_pipe", task="servalcat_pipe", values=(*REFINED, *NOT_VALIDATED)),
)

# The programs of this Python come first in the path, as in an activated environment.
SEARCH_PATH = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
INSTALLED = shutil.which("servalcat", path=SEARCH_PATH) is not None
CASES = (*ALWAYS, *WITH_SERVALCAT) if INSTALLED else ALWAYS
