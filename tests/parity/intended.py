"""The table of intended differences, which docs/explanation/intended-differences.md shows.

Whatever differs otherwise is a fault. Every entry is needed by some row; two entries never explain the same value.

Source: ``import_external_file_async`` in ``ccp4i2.lib.async_import_files``; ``register_imported_file``,
``glean_job_files`` and ``glean_performance_indicators`` in ``ccp4i2.db.async_db_handler``; ccp4i2 3.0.1.
"""

import re
from dataclasses import dataclass

from parity.compare import MISSING, WHOLE_ROW

ANYTHING = ".+"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intended:
    """Intended differences of one kind, with their reason.

    Attributes:
        table: Of the six.
        column: Its column, `WHOLE_ROW` where CCP4i2 lacks the row.
        rows: Regular expression of what the rows are called by, see `rows.QUERIES`.
        theirs: Regular expression of CCP4i2's value.
        ours: Regular expression of ours.
        where: The rows, in words.
        they_have: CCP4i2's value, in words.
        we_have: Ours, in words.
        why: The reason.
    """

    table: str
    column: str
    rows: str
    theirs: str
    ours: str
    where: str
    they_have: str
    we_have: str
    why: str

    def explains(self, difference):
        """Return whether a difference is of this kind."""
        return (self.table, self.column) == (difference.table, difference.column) and all(
            re.fullmatch(pattern, text)
            for pattern, text in (
                (self.rows, difference.row),
                (self.theirs, difference.theirs),
                (self.ours, difference.ours),
            )
        )


INTENDED = (
    Intended(
        table="File",
        column="annotation",
        rows=r"import .+",
        theirs="",
        ours=r"Imported from .+",
        where="imported files",
        they_have="empty",
        we_have="`Imported from` and the name of the source",
        why=(
            "CCP4i2 means to write the same text, but uses it only where a file object has no annotation at all, and "
            "an empty one counts as one. Its GUI then lists a file without a word on where it is from."
        ),
    ),
    Intended(
        table="File",
        column="annotation",
        rows=r"output \S+ XYZOUT",
        theirs=r"(All of ?)+",
        ours=r"(All of )+Imported from .+",
        where="outputs whose task quotes the annotation of its input",
        they_have="a quotation of nothing: `All of`",
        we_have="the quotation of the above",
        why="It follows from the one above: the task has something to quote.",
    ),
    Intended(
        table="File",
        column="content",
        rows=r"import .+",
        theirs="NULL",
        ours=r"[1-9]\d*",
        where="imported files of a type that has content flags",
        they_have="NULL",
        we_have="the content flag of the file object",
        why=(
            "CCP4i2's `register_imported_file` has no argument for it. Its GUI looks for inputs of a task by content "
            "flag, and never offers such a file."
        ),
    ),
    Intended(
        table="File",
        column="sub_type",
        rows=r"import .+",
        theirs="NULL",
        ours=r"\d+",
        where="imported files of a type that has sub-types",
        they_have="NULL",
        we_have="the sub-type of the file object, its class's default included",
        why="As above: `register_imported_file` has no argument for it.",
    ),
    Intended(
        table="File",
        column="content",
        rows=r"output .+",
        theirs="0",
        ours=r"[1-9]\d*",
        where="outputs whose task does not set the content flag",
        they_have="0, which is no content flag",
        we_have="the content flag read off the file, by CCP4i2's own `setContentFlag()`",
        why=(
            "CCP4i2 stores an unset content flag as 0, and its GUI, which looks by content flag, never offers such a "
            "file as an input."
        ),
    ),
    Intended(
        table="File",
        column="content",
        rows=r"output .+",
        theirs="0",
        ours="NULL",
        where="outputs of a type without content flags",
        they_have="0, which is no content flag",
        we_have="NULL",
        why="Unset is NULL, in the column that CCP4i2 declares as nullable; 0 would be a statement.",
    ),
    Intended(
        table="File",
        column="sub_type",
        rows=r"output .+",
        theirs="0",
        ours="NULL",
        where="outputs of a type without sub-types, and those whose task does not set one",
        they_have="0",
        we_have="NULL",
        why="As above; 0 is the sub-type `unknown` of some classes, and here nobody said so.",
    ),
    Intended(
        table="File",
        column="job_param_name",
        rows=r"import \S+ \[\d+\]",
        theirs=r"\[\d+\]",
        ours=r"\w+\[\d+\]",
        where="imported files that are items of a list",
        they_have="`[0]`",
        we_have="`NAME[0]`",
        why=(
            "CCP4i2 asks an item for its own name, which lacks the list's, so that the first items of two lists have "
            "the same parameter. For outputs it uses the full name, as we do everywhere."
        ),
    ),
    Intended(
        table="FileUse",
        column="job_param_name",
        rows=r"IN \S+ \[\d+\]",
        theirs=r"\[\d+\]",
        ours=r"\w+\[\d+\]",
        where="uses of files that are items of a list",
        they_have="`[0]`",
        we_have="`NAME[0]`",
        why="As above.",
    ),
    Intended(
        table="FileUse",
        column=WHOLE_ROW,
        rows=r"IN \d+(\.\d+)+ .+",
        theirs=MISSING,
        ours=ANYTHING,
        where="inputs of sub-jobs",
        they_have="no row",
        we_have="one row per input file that is recorded",
        why=(
            "CCP4i2 looks at the inputs of the job at the top only. What a sub-job has read, and which jobs depend on "
            "a file, cannot be told from its tables."
        ),
    ),
    Intended(
        table="FileImport",
        column="last_modified",
        rows=r"import .+",
        theirs="another",
        ours="the source's",
        where="all imports",
        they_have="the time of the import, which stands in `time`, too",
        we_have="the source's modification time",
        why="It is what the column is for: whether the source has changed since.",
    ),
    Intended(
        table="JobFloatValue",
        column=WHOLE_ROW,
        rows=r"\S+ (nAtoms|nResidues)",
        theirs=MISSING,
        ours=ANYTHING,
        where="whole numbers, and indicators with another name than `PERFORMANCE` or `PERFORMANCEINDICATOR`",
        they_have="no row",
        we_have="one row per value",
        why=(
            "CCP4i2 looks for an indicator under two names, and drops what is neither a float nor a text: "
            "`coordinate_selector`, whose indicator is called `NATOMS`, loses both its values."
        ),
    ),
    Intended(
        table="Job",
        column="title",
        rows=r"\d+(\.\d+)+",
        theirs=r"\w+ sub-job \d+",
        ours=r"\w+",
        where="sub-jobs whose pipeline gives no title",
        they_have="`freerflag sub-job 1`",
        we_have="`freerflag`",
        why="Number and parent are columns of the same row, and every listing shows them beside the title. Without a "
        "title of its own a job has the name of its task, at whatever depth.",
    ),
)
