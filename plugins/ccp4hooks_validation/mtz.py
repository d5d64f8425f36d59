"""Check that an MTZ file is complete and has the columns that its class declares. Only the headers are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccp4hooks_validation.finding import Finding, reason

if TYPE_CHECKING:
    from pathlib import Path

_DATA_START_BYTES = 80  # Source: MTZ format of the CCP4 library: the table starts at word 21, words of 4 bytes
_WORD_BYTES = 4
_END = b"MTZENDOFHEADERS"
_BLOCK_BYTES = 1024 * 1024

_COMPLETE = "Give the complete file."


def is_mtz(path: Path) -> bool:
    """Return whether a file begins with the magic bytes of MTZ files.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as stream:
        return stream.read(4) == b"MTZ "


def check_mtz(path: Path, content_flag: int | None, columns: tuple[tuple[str, ...], ...]) -> list[Finding]:
    """Return the faults of an MTZ file: damaged, truncated, without reflections, or with other columns than declared.

    Args:
        path: A regular file that can be read.
        content_flag: The declared content flag, None if there is none.
        columns: The required labels for each content flag, empty if the class requires none.

    Raises:
        OSError: The file cannot be read.
    """
    import gemmi  # noqa: PLC0415 - start-up time

    if not is_mtz(path):
        cure = "Give an MTZ file; `gemmi cif2mtz` and `gemmi xds2mtz` convert other formats."
        return [Finding(message="is not an MTZ file.", cure=cure)]
    try:
        mtz = gemmi.read_mtz_file(str(path), with_data=False)
        labels = tuple(mtz.column_labels())
    except (RuntimeError, ValueError, IndexError) as error:
        return [Finding(message=f"is damaged or truncated: {reason(error, path)}.", cure=_COMPLETE)]
    if not _is_complete(path, mtz):
        return [Finding(message="is a truncated MTZ file: its end is missing.", cure=_COMPLETE)]
    if mtz.nreflections == 0:
        return [Finding.warning("contains no reflections.", _COMPLETE)]
    return check_labels(labels, content_flag, columns)


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
    cure = f"Set the content flag to {fitting[0]}, which its columns fit." if fitting else _SELECT
    if content_flag is None or not 1 <= content_flag <= len(columns):
        needs = " or ".join(", ".join(needed) for needed in columns)
        return [Finding.warning(f"has none of the column sets {needs}; {has}.", cure, refuses_request=not fitting)]
    missing = ", ".join(label for label in columns[content_flag - 1] if label not in labels)
    message = f"has no column {missing}, which content flag {content_flag} requires; {has}."
    return [Finding.warning(message, cure, refuses_request=not fitting)]


_SELECT = "Select columns of the file: NAME='FILE.mtz[LABEL,LABEL]'."


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
