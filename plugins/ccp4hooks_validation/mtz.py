"""Check that an MTZ file is complete, describes a crystal, and has the columns that its class declares."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ccp4hooks_validation.finding import Finding, reason
from ccp4hooks_validation.formats import MTZ, REFLECTION_CIF, XDS
from ccp4hooks_validation.reflections import check_table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ccp4hooks_validation.formats import Format

_DATA_START_BYTES = 80  # Source: MTZ format of the CCP4 library: the table starts at word 21, words of 4 bytes
_WORD_BYTES = 4
_END = b"MTZENDOFHEADERS"
_BLOCK_BYTES = 1024 * 1024

_MAX_ROWS_READ = 2_000_000
"""Maximum number of reflections of a file whose indices are read. Merged data of one crystal have far fewer."""

_COMPLETE = "Give the complete file."

# Column types by the labels of mini-MTZ files. Source: MTZ format of the CCP4 library, and the signatures of ccp4i2.
# Some programs write the types of mean values for anomalous ones.
_TYPES = {
    **dict.fromkeys(("Iplus", "Iminus"), "KJ"),
    **dict.fromkeys(("SIGIplus", "SIGIminus"), "MQ"),
    **dict.fromkeys(("Fplus", "Fminus"), "GF"),
    **dict.fromkeys(("SIGFplus", "SIGFminus"), "LQ"),
    **dict.fromkeys(("HLA", "HLB", "HLC", "HLD"), "A"),
    "I": "J",
    "SIGI": "Q",
    "F": "F",
    "SIGF": "Q",
    "PHI": "P",
    "FOM": "W",
    "FREER": "I",
}


def check_mtz(
    path: Path,
    content_flag: int | None,
    columns: tuple[tuple[str, ...], ...],
    *,
    actual: Format | None,
    merged: bool,
) -> list[Finding]:
    """Return the faults of an MTZ file.

    It may be damaged, truncated, or without reflections, indices, values, unit cell or space group, have indices or a
    cell of no crystal, list a reflection twice, or have other columns than declared. Only the headers are read, and the
    table of at most 2,000,000 reflections that are not in batches.

    Args:
        path: A regular file that can be read.
        content_flag: The declared content flag, None if there is none.
        columns: The required labels for each content flag, empty if the class requires none.
        actual: The format of the file.
        merged: Whether the class of the file requires merged data.

    Raises:
        OSError: The file cannot be read.
        UnicodeDecodeError: A label or another name is not valid UTF-8.
    """
    import gemmi  # noqa: PLC0415 - start-up time

    if actual != MTZ:
        return [_other_format(actual)]
    try:
        mtz = gemmi.read_mtz_file(str(path), with_data=False)
        labels = tuple(mtz.column_labels())
    except UnicodeDecodeError:
        raise  # a ValueError, but not of a damaged file
    except (RuntimeError, ValueError, IndexError) as error:
        return [Finding(message=f"is damaged or truncated: {reason(error, path)}.", cure=_COMPLETE)]
    if not _is_complete(path, mtz):
        return [Finding(message="is a truncated MTZ file: its end is missing.", cure=_COMPLETE)]
    if mtz.nreflections == 0:
        return [Finding.warning("contains no reflections.", _COMPLETE, refuses_request=True)]
    found_labels = [
        # Where a column set has its own labels, only the content flag is wrong.
        _with_selection(found, _selection(mtz, columns)) if found.refuses_request else found
        for found in check_labels(labels, content_flag, columns)
    ]
    crystal = list(_check_crystal(mtz))
    if not crystal and not mtz.batches and mtz.nreflections <= _MAX_ROWS_READ:
        crystal = check_table(gemmi.read_mtz_file(str(path)), merged=merged)
    return [*crystal, *found_labels, *([] if found_labels else _check_types(mtz, content_flag, columns))]


def _other_format(actual: Format | None) -> Finding:
    cure = "Give an MTZ file; `gemmi cif2mtz` and `gemmi xds2mtz` convert other formats."
    if actual is None:
        return Finding(message="is not an MTZ file.", cure=cure)
    conversion = {
        REFLECTION_CIF: "Convert it with `gemmi cif2mtz`, or import it with the task import_merged.",
        XDS: "Convert it with `gemmi xds2mtz`.",
    }.get(actual, actual.cure)
    return Finding(message=f"is not an MTZ file. It is {actual.name}.", cure=conversion or cure)


def _check_crystal(mtz: Any) -> Iterator[Finding]:
    """Yield what is missing of the description of the crystal. Without it, many programs fail or do not end."""
    first = [column.label for column in mtz.columns[:3]]
    if first != ["H", "K", "L"] or any(column.type != "H" for column in mtz.columns[:3]):
        described = ", ".join(f"{column.label} (type {column.type})" for column in mtz.columns[:3])
        message = f"does not begin with the columns H, K, L of type H; it begins with {described}."
        yield Finding.warning(message, "Write the file again with the columns H, K, L first.", refuses_request=True)
    if mtz.spacegroup is None:
        name = f"the space group {mtz.spacegroup_name!r}, which is unknown" if mtz.spacegroup_name else "no space group"
        cure = "Set the space group, for instance with SFTOOLS (SET SPACEGROUP)."
        yield Finding.warning(f"has {name}.", cure, refuses_request=True)
    cells = [mtz.cell, *(dataset.cell for dataset in mtz.datasets)]
    if not any(cell.is_crystal() and cell.volume > 0 for cell in cells):
        yield Finding.warning(
            "has no unit cell.", "Set the cell, for instance with SFTOOLS (SET CELL).", refuses_request=True
        )


def _with_selection(found: Finding, selection: str) -> Finding:
    """Return a finding about columns with the columns of the file that fit, or with the advice to use another file."""
    if not selection:
        return found
    cure = f"Select columns: NAME='FILE.mtz[{selection}]', or of an output: NAME='@JOB.OUTPUT[{selection}]'."
    return replace(found, selection=selection, cure=cure)


def _selection(mtz: Any, columns: tuple[tuple[str, ...], ...]) -> str:
    """Return the labels of the first columns that make one of the column sets under other labels, or an empty text."""
    for needed in columns:
        types = [_TYPES.get(label, "") for label in needed]
        for start in range(len(mtz.columns) - len(needed) + 1):
            chosen = list(mtz.columns)[start : start + len(needed)]
            if all(column.type in allowed for column, allowed in zip(chosen, types, strict=True)):
                return ",".join(column.label for column in chosen)
    return ""


def _check_types(mtz: Any, content_flag: int | None, columns: tuple[tuple[str, ...], ...]) -> list[Finding]:
    """Return a warning if a column that makes the file one of its class has the type of other data."""
    labels = mtz.column_labels()
    fitting = [needed for needed in columns if set(needed) <= set(labels)]
    declared = columns[content_flag - 1 : content_flag] if content_flag else fitting
    wanted = {label: _TYPES.get(label, "") for needed in declared for label in needed}
    wrong = [
        f"{column.label} has the type {column.type} instead of {wanted[column.label][0]}"
        for column in mtz.columns
        if wanted.get(column.label) and column.type not in wanted[column.label]
    ]
    if not wrong:
        return []
    cure = "Correct the types of the columns, for instance with SFTOOLS (SET TYPES)."
    return [Finding.warning(f"has columns of other types than their labels mean: {', '.join(wrong)}.", cure)]


def check_labels(
    labels: tuple[str, ...], content_flag: int | None, columns: tuple[tuple[str, ...], ...]
) -> list[Finding]:
    """Return a warning if a file lacks the columns that its content flag requires, or has no column set of its class.

    Without any column set of its class a file cannot be used as it is, so the warning refuses a job at top level.

    >>> [found.message for found in check_labels(("H", "K", "L", "F", "SIGF"), 1, (("I", "SIGI"), ("F", "SIGF")))]
    ['has no column I, SIGI, which content flag 1 requires; it has H, K, L, F, SIGF.']
    """
    if not columns:
        return []
    fitting = [flag for flag, needed in enumerate(columns, start=1) if set(needed) <= set(labels)]
    if content_flag in fitting or (content_flag is None and fitting):
        return []
    has = f"it has {', '.join(labels)}"
    cure = f"Set the content flag to {fitting[0]}, which its columns fit." if fitting else _OTHER_FILE
    if content_flag is None or not 1 <= content_flag <= len(columns):
        needs = " or ".join(",".join(needed) for needed in columns)
        message = f"lacks the required columns {needs}; {has}."
        return [Finding.warning(message, cure, refuses_request=not fitting)]
    missing = ", ".join(label for label in columns[content_flag - 1] if label not in labels)
    message = f"has no column {missing}, which content flag {content_flag} requires; {has}."
    return [Finding.warning(message, cure, refuses_request=not fitting)]


_OTHER_FILE = "Give a file that has them, under any label."


def _is_complete(path: Path, mtz: Any) -> bool:
    """Return whether the end of the headers follows the table, whose size the headers announce.

    gemmi reads a file that is truncated in its table as one without columns.
    """
    if not mtz.columns or mtz.nreflections < 0:
        return False
    table_end = _DATA_START_BYTES + _WORD_BYTES * len(mtz.columns) * mtz.nreflections
    if table_end >= path.stat().st_size:
        return False
    with path.open("rb") as stream:
        stream.seek(table_end)
        before = b""
        while block := stream.read(_BLOCK_BYTES):
            if _END in before + block:
                return True
            before = block[-len(_END) :]
    return False
