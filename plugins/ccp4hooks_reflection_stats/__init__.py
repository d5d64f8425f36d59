"""Record how good the reflections are that a job wrote: resolution, completeness, signal, Wilson B, free set.

Off unless switched on, since every MTZ file is read as a whole: ``-p reflection-stats``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccp4hooks import Kpi, Problem, Severity, hookimpl, kpi_key, output_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ccp4hooks import Job, KpiValue

__all__ = ["glean_kpi"]

ABOUT = {
    "nReflections": ("", "reflections with a value; of unmerged data, observations"),
    "resolutionLow": ("A", "low-resolution limit"),
    "resolutionHigh": ("A", "high-resolution limit"),
    "completeness": ("%", "unique reflections that have a value, of those possible down to the high-resolution limit"),
    "meanIOverSigma": ("", "mean of I/sigma(I)"),
    "meanFOverSigma": ("", "mean of F/sigma(F)"),
    "wilsonB": ("A^2", "overall B by a Wilson plot from 4 A on, for the composition of an average protein"),
    "freeFraction": ("%", "reflections of the free set: flag 0, or the rarer where there are two flags only"),
    "spaceGroup": ("", "space group"),
    "cell": ("A, deg", "cell: a, b, c, alpha, beta, gamma"),
}
"""Unit and meaning by the end of the key."""


@hookimpl
def glean_kpi(job: Job, script: Any) -> Iterator[Kpi | Problem]:
    """Yield the statistics of every MTZ file, each key after its file's parameter: ``"F_SIGF.completeness"``."""
    for file in output_files(job, script):
        try:
            found = read_statistics(file.path) if _is_mtz(file.path) else {}
        except (OSError, RuntimeError, ValueError, IndexError) as error:
            message = f"cannot be read as an MTZ file, so that it has no statistics: {error}"
            yield Problem(severity=Severity.WARNING, message=message, parameter=file.parameter, path=file.path)
            continue
        for name, value in found.items():
            unit, meaning = ABOUT[name]
            yield Kpi(key=kpi_key(file.parameter, name), value=value, unit=unit, description=meaning)


def read_statistics(path: Path) -> dict[str, KpiValue]:
    """Return an MTZ file's statistics by name; those that its columns do not allow are absent.

    Raises:
        OSError: It cannot be read.
        RuntimeError: It is damaged; also ValueError and IndexError.
    """
    from ccp4hooks_reflection_stats.statistics import of_mtz  # noqa: PLC0415 - start-up time

    return of_mtz(str(path))


def _is_mtz(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(4) == b"MTZ "
