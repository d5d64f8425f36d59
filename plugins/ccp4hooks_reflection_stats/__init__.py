"""Record the quality of the reflections that a job wrote: resolution, completeness, signal, Wilson B and free set.

In reports it shows the latest data sets by resolution shell. This plugin reads every MTZ file completely, so it is
disabled by default. Enable it with ``-p reflection-stats``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccp4hooks import Better, Kpi, KpiDescription, Problem, Severity, hookimpl, kpi_key, output_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ccp4hooks import Job, KpiValue, Outcome, Plot, Section, Text
    from ccp4hooks_reflection_stats.shells import Shell

__all__ = ["describe_kpis", "glean_kpi", "report_section"]

ABOUT = {
    "nReflections": ("", "unique reflections with a value; observations with a value in unmerged data"),
    "resolutionLow": ("A", "low-resolution limit of the reflections with a value"),
    "resolutionHigh": ("A", "high-resolution limit of the reflections with a value"),
    "completeness": ("%", "unique reflections with a value, of all possible ones up to the high-resolution limit"),
    "meanIOverSigma": ("", "mean of I/sigma(I) of all values, I(+) and I(-) counted separately"),
    "meanFOverSigma": ("", "mean of F/sigma(F) of all values, F(+) and F(-) counted separately"),
    "wilsonB": ("A^2", "overall B of the atoms of an average protein, from data beyond 4 A, by maximum likelihood"),
    "freeFraction": ("%", "reflections in the free set: flag 0, or the rarer flag if only two flags occur"),
    "spaceGroup": ("", "space group"),
    "cell": ("A, deg", "unit cell of the data set: a, b, c, alpha, beta, gamma"),
}
"""Unit and description by the last part of the key."""


SHOWN = {
    "nReflections": ("Reflections", None, None),
    "resolutionLow": ("Low resolution", None, 2),
    "resolutionHigh": ("High resolution", Better.LOWER, 2),
    "completeness": ("Completeness", Better.HIGHER, 1),
    "meanIOverSigma": ("Mean I/sigma", Better.HIGHER, 1),
    "meanFOverSigma": ("Mean F/sigma", Better.HIGHER, 1),
    "wilsonB": ("Wilson B", None, 1),
    "freeFraction": ("Free set", None, 1),
    "spaceGroup": ("Space group", None, None),
    "cell": ("Unit cell", None, None),
}
"""Title, which values are better, and decimals, by the last part of the key."""


@hookimpl.describe_kpis
def describe_kpis() -> Iterator[KpiDescription]:
    """Describe the statistics."""
    for name, (title, better, decimals) in SHOWN.items():
        unit, _ = ABOUT[name]
        yield KpiDescription(
            key=f"*.{name}", title=title, unit=unit, better=better, decimals=decimals, group="Reflection file"
        )


@hookimpl.glean_kpi
def glean_kpi(job: Job, script: Any) -> Iterator[Kpi | Problem]:
    """Yield the statistics of each MTZ file. A key starts with the parameter of the file: ``"F_SIGF.completeness"``."""
    for file in output_files(job, script):
        try:
            found = read_statistics(file.path) if _is_mtz(file.path) else {}
        except (OSError, RuntimeError, ValueError, IndexError) as error:
            message = f"cannot compute statistics, because the file cannot be read as MTZ: {error}"
            yield Problem(severity=Severity.WARNING, message=message, parameter=file.parameter, path=file.path)
            continue
        for name, value in found.items():
            unit, meaning = ABOUT[name]
            yield Kpi(key=kpi_key(file.parameter, name), value=value, unit=unit, description=meaning)


@hookimpl.report_section
def report_section(outcomes: Sequence[Outcome]) -> Iterator[Section | Plot | Text]:
    """Yield a Wilson plot, the completeness and the numbers by resolution shell, of the latest data sets."""
    from ccp4hooks_reflection_stats.report import sections  # noqa: PLC0415 - start-up time

    yield from sections(outcomes, read_shells)


def read_shells(path: Path) -> tuple[Shell, ...]:
    """Return mean intensities and the completeness of an MTZ file by resolution shell, by falling d.

    They describe the same values as `read_statistics`; amplitudes are squared. The shells have the same volume of
    reciprocal space, and about 100 measured reflections or more: 1 to 20 shells. All their reflections together give
    the completeness of `read_statistics`.

    Returns:
        The shells; none for a file that is not MTZ or has no observed values, unit cell or space group.

    Raises:
        OSError: The file cannot be read.
        RuntimeError: The file is damaged.
        ValueError: The file is damaged, or has not exactly one column each of H, K and L.
        IndexError: The file is damaged.
    """
    from ccp4hooks_reflection_stats.shells import of_mtz  # noqa: PLC0415 - start-up time

    return of_mtz(str(path)) if _is_mtz(path) else ()


def read_statistics(path: Path) -> dict[str, KpiValue]:
    """Return the statistics of an MTZ file by name, without those that cannot be known from it.

    They describe the first data set with mean intensities, otherwise with I(+) and I(-), otherwise with amplitudes,
    otherwise with F(+) and F(-). In a file without such data, each row with a value in any column counts. A value is
    present if it is not the missing-value flag of the file, and if its sigma is positive. The reflection 0 0 0 does not
    count. Reflections that are equivalent by symmetry or are Friedel mates count as one in merged data, and for the
    completeness, for which systematically absent ones do not count.

    Without a unit cell, nothing that depends on the resolution is given; without a known space group, nothing that
    depends on the symmetry. Wilson's B is left out if the data end before 2.7 A, or if its standard error exceeds
    1.7 A^2.

    Raises:
        OSError: The file cannot be read.
        RuntimeError: The file is damaged.
        ValueError: The file is damaged, has no reflections, or has not exactly one column each of H, K and L.
        IndexError: The file is damaged.
    """
    from ccp4hooks_reflection_stats.statistics import of_mtz  # noqa: PLC0415 - start-up time

    return of_mtz(str(path))


def _is_mtz(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(4) == b"MTZ "
