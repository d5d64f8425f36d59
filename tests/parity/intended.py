"""The table of intended differences, which docs/explanation/intended-differences.md shows.

Any other difference is a fault. Every entry explains at least one row, and no value has two entries.

Source: ``import_external_file_async`` in ``ccp4i2.lib.async_import_files``; ``register_imported_file``,
``glean_job_files`` and ``glean_performance_indicators`` in ``ccp4i2.db.async_db_handler``; ccp4i2 3.0.1, 3.1.0a105.
"""

import re
from dataclasses import dataclass

from parity.compare import MISSING, WHOLE_ROW

ANYTHING = ".+"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intended:
    """Intended differences of one kind, with their reason.

    Attributes:
        table: One of the six tables.
        column: Column of the table, or `WHOLE_ROW` if CCP4i2 does not write the row.
        rows: Regular expression of the names of the rows, see `rows.QUERIES`.
        theirs: Regular expression of CCP4i2's value.
        ours: Regular expression of our value.
        where: Description of the rows.
        they_have: Description of CCP4i2's value.
        we_have: Description of our value.
        why: The reason.
        versions: The versions of CCP4i2 that differ.
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
    versions: tuple[str, ...] = ("3.0", "3.1")

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
            "CCP4i2 has the same text as a default, but does not use it if the annotation is empty. Its GUI then does "
            "not show the source of the file."
        ),
    ),
    Intended(
        table="File",
        column="annotation",
        rows=r"output \S+ XYZOUT",
        theirs=r"(All of ?)+|.+ removed - ",
        ours=r"((All of )+|.+ removed - )Imported from .+",
        where="outputs whose task quotes the annotation of its input",
        they_have="the words of the task, such as `All of`, and an empty annotation",
        we_have="the words of the task and the annotation of the input",
        why="This follows from the annotations of imported files.",
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
            "CCP4i2's `register_imported_file` has no argument for the content flag. Its GUI searches for inputs of a "
            "task by content flag, and never offers such a file."
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
        we_have="the sub-type of the file object, or the default of its class",
        why="CCP4i2's `register_imported_file` has no argument for the sub-type.",
    ),
    Intended(
        table="File",
        column="content",
        rows=r"output .+",
        theirs="0",
        ours=r"[1-9]\d*",
        where="outputs whose task does not set the content flag",
        they_have="0, which is no content flag",
        we_have="the content flag that CCP4i2's `setContentFlag()` reads from the file",
        why=(
            "CCP4i2 stores an unset content flag as 0. Its GUI searches by content flag, and never offers such a file "
            "as an input."
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
        why="CCP4i2 declares the column as nullable, so an unset value is NULL.",
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
        why="An unset value is NULL. 0 is the sub-type `unknown` of some classes, which the task did not set.",
    ),
    Intended(
        table="File",
        column="directory",
        rows=r"output \S+ PLACED",
        theirs="JOB_DIR",
        ours="IMPORT_DIR",
        where="outputs in `CCP4_IMPORTED_FILES`",
        they_have="the directory of the job, where no such file exists",
        we_have="the directory of imports, where the file is",
        why="CCP4i2 makes the path by which it finds and serves a file from the columns `directory` and `name`.",
    ),
    Intended(
        table="File",
        column="name",
        rows=r"output \S+ NOTES",
        theirs=r"notes\.pdb",
        ours=r"\.\./\.\./CCP4_PROJECT_FILES/notes\.pdb",
        where="outputs in another directory of the project",
        they_have="the last part of the path: the job's directory, where no such file exists",
        we_have="the path relative to the job's directory, with `..`",
        why=(
            "CCP4i2 has two values of `directory` only. Its models and its REST API resolve the relative path, which "
            "stays right if the project is moved."
        ),
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
            "CCP4i2 uses the name of the item without the name of the list, so that the first items of two lists have "
            "the same parameter. For outputs it uses the full name, as ccp4hooks does everywhere."
        ),
        versions=("3.0",),
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
        why="The reason is the same as for imported files that are items of a list.",
        versions=("3.0",),
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
            "CCP4i2 records the inputs of jobs at top level only. Its tables do not show which files a sub-job has "
            "read or which jobs depend on a file."
        ),
    ),
    Intended(
        table="FileImport",
        column="last_modified",
        rows=r"import .+",
        theirs="another",
        ours="the source's",
        where="all imports",
        they_have="the time of the import, which the column `time` contains, too",
        we_have="the source's modification time",
        why="The column exists to show whether the source has changed since the import.",
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
            "CCP4i2 reads indicators with these two names only, and drops values that are neither a float nor a text. "
            "It records no value of `coordinate_selector`, whose indicator is called `NATOMS`."
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
        why="The number and the parent are columns of the same row, and every listing shows them next to the title. "
        "The default title of a job is the name of its task.",
    ),
    Intended(
        table="Job",
        column="process_id",
        rows=r"\d+",
        theirs="set",
        ours="unset",
        where="ended jobs at top level",
        they_have="the process that ran the job",
        we_have="NULL",
        why=(
            "The process has ended, and the system may give its number to another process, which a cancellation would "
            "kill."
        ),
        versions=("3.1",),
    ),
)
