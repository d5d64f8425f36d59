"""Show the latest data sets of a report by resolution shell."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccp4hooks import Plot, Section, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ccp4hooks import GleanedFile, ImportedFile, Outcome
    from ccp4hooks_reflection_stats.shells import Shell

TYPES = frozenset(
    {
        "application/CCP4-mtz",
        "application/CCP4-mtz-observed",
        "application/CCP4-mtz-unmerged",
        "application/CCP4-unmerged-experimental",
    }
)
"""MIME types of files that may have observed values.

Source: ``mimeTypeName`` of the classes of reflection files, ccp4i2 3.0.1.
"""

MOST_DATA_SETS = 3
"""Number of data sets that are shown, the latest ones."""

MOST_READ = 10
"""Number of files that are read."""

LARGEST_BYTES = 100_000_000
"""Size of the largest file that is read [byte]."""

UNREADABLE = (OSError, RuntimeError, ValueError, IndexError)
"""What `read_shells` raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A recorded file that may have observed values.

    Attributes:
        name: How it is named in the report: the number of its job, unless it was imported, and the name of the file.
        path: Its path.
        size_bytes: Its size when it was recorded [byte].
    """

    name: str
    path: Path
    size_bytes: int


class UnfitError(Exception):
    """A file cannot be shown. The message gives the reason."""


def sections(outcomes: Sequence[Outcome], read: Callable[[Path], tuple[Shell, ...]]) -> Iterator[Section | Plot | Text]:
    """Yield plots and a table of the latest data sets, and which files were left out.

    Args:
        outcomes: The outcomes of the jobs of the report.
        read: Returns the shells of a file, see `ccp4hooks_reflection_stats.read_shells`.
    """
    candidates = list(_candidates(outcomes))
    shown: dict[str, tuple[Shell, ...]] = {}
    remarks: list[str] = []
    tried = 0
    for tried, candidate in enumerate(candidates[:MOST_READ], start=1):  # noqa: B007 - it is used below
        try:
            shells = _shells(candidate, read)
        except UnfitError as error:
            remarks.append(f"{_code(candidate.name)} {error}.")
            continue
        # A job may pass its data on in a file of its own.
        if shells and shells not in shown.values():
            shown[candidate.name] = shells
        if len(shown) == MOST_DATA_SETS:
            break
    if len(candidates) > tried:
        remarks.append(f"{len(candidates) - tried} earlier files with reflections were not read.")
    if shown:
        yield Plot(title="Wilson plot: mean intensity by resolution", vega_lite=_wilson(shown))
        yield Plot(title="Completeness by resolution shell [%]", vega_lite=_completeness(shown))
        yield Section(title="Resolution shells", table=list(_rows(shown)))
    if remarks:
        yield Text(title="Data sets that are not shown", markdown="".join(f"* {one}\n" for one in remarks))


def _candidates(outcomes: Sequence[Outcome]) -> Iterator[Candidate]:
    """Yield each file that may have observed values once, the latest first."""
    known = set()
    for outcome in reversed(outcomes):
        files: list[tuple[str, GleanedFile | ImportedFile]] = [
            *((f"{outcome.job.number} {file.path.name}", file) for file in outcome.files),
            *((file.path.name, file) for file in outcome.imported),
        ]
        for name, file in files:
            if file.file_type in TYPES and file.path not in known:
                known.add(file.path)
                yield Candidate(name=name, path=file.path, size_bytes=file.size_bytes)


def _shells(candidate: Candidate, read: Callable[[Path], tuple[Shell, ...]]) -> tuple[Shell, ...]:
    """Return the shells of a file; none if it has no observed values.

    Raises:
        UnfitError: The file is not as it was recorded, is too large, or is damaged.
    """
    try:
        size_bytes = candidate.path.stat().st_size
        if size_bytes != candidate.size_bytes:
            raise UnfitError("has changed since it was recorded")
        if size_bytes > LARGEST_BYTES:
            raise UnfitError(f"is larger than {LARGEST_BYTES / 1e6:.0f} MB")
        return read(candidate.path)
    except FileNotFoundError as error:
        raise UnfitError("is no longer there") from error
    except UNREADABLE as error:
        raise UnfitError("cannot be read as MTZ") from error


def _code(text: str) -> str:
    """Return a name as it is written in Markdown, whatever its characters."""
    return f"`{text.replace('`', chr(39))}`"


def _rows(shown: dict[str, tuple[Shell, ...]]) -> Iterator[dict[str, Any]]:
    for name, shells in shown.items():
        for shell in shells:
            mean = shell.mean_intensity
            yield {
                "Data set": name,
                "Low resolution [A]": round(shell.low, 2),
                "High resolution [A]": round(shell.high, 2),
                "Unique reflections": shell.measured,
                "Possible": shell.possible,
                "Completeness [%]": round(shell.completeness, 1),
                "Mean I or F^2": None if mean is None else float(f"{mean:.5g}"),
            }


# --- plots --------------------------------------------------------------------------------------------------------

_RESOLUTION = {
    "field": "Inverse square",
    "type": "quantitative",
    "title": "Resolution [A]",
    "axis": {"labelExpr": "datum.value > 0 ? format(1 / sqrt(datum.value), '.2f') : ''"},
}
"""The axis of 1/d^2, with d at its ticks."""

_DATA_SET = {"field": "Data set", "type": "nominal", "sort": None, "title": "Data set"}


def _wilson(shown: dict[str, tuple[Shell, ...]]) -> dict[str, Any]:
    """Return the mean intensities on a logarithmic scale, without shells of which the mean is not positive."""
    values = [
        {
            "Data set": name,
            "Resolution": round(shell.inverse_square**-0.5, 3),
            "Inverse square": round(shell.inverse_square, 5),
            "Mean I or F^2": float(f"{shell.mean_intensity:.5g}"),
        }
        for name, shells in shown.items()
        for shell in shells
        if shell.inverse_square and shell.mean_intensity and shell.mean_intensity > 0
    ]
    return _plot(values, {"field": "Mean I or F^2", "type": "quantitative", "scale": {"type": "log"}})


def _completeness(shown: dict[str, tuple[Shell, ...]]) -> dict[str, Any]:
    values = [
        {
            "Data set": name,
            "Resolution": round(shell.high, 3),
            "Inverse square": round(shell.high**-2, 5),
            "Completeness": round(shell.completeness, 2),
        }
        for name, shells in shown.items()
        for shell in shells
    ]
    return _plot(
        values,
        {
            "field": "Completeness",
            "type": "quantitative",
            "title": "Completeness [%]",
            "scale": {"domain": [0, 100]},
        },
    )


def _plot(values: list[dict[str, Any]], y: dict[str, Any]) -> dict[str, Any]:
    return {
        "data": {"values": values},
        "height": 240,
        "mark": {"type": "line", "point": True},
        "encoding": {
            "x": _RESOLUTION,
            "y": y,
            "color": _DATA_SET,
            "shape": _DATA_SET,
            "tooltip": [
                {"field": "Data set"},
                {"field": "Resolution", "type": "quantitative", "title": "Resolution [A]"},
                {"field": y["field"], "type": "quantitative"},
            ],
        },
    }
