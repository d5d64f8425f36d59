"""Show the B values of the best or last model of a report."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccp4hooks import Plot, Section, Text, kpi_key
from ccp4hooks_model_stats import MODEL_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ccp4hooks import GleanedFile, Outcome
    from ccp4hooks_model_stats.residues import ModelB, ResidueB

R_FREE = "RFree"
"""Key of the R-free of a refinement. Source: the KPIs of CCP4i2's tasks, ccp4i2 3.0.1."""

MOST_READ = 3
"""Number of files that are tried."""

LARGEST_BYTES = 30_000_000
"""Size of the largest file that is read [byte]."""

MOST_CHAINS = 6
"""Number of chains in the plot, those with the most residues. It has as many colours."""

MOST_POINTS = 2_000
"""Number of points in the plot. In a larger model, a point is the mean of consecutive residues."""

MOST_ROWS = 200
"""Number of chains in the table."""

BINS = 30
"""Number of bars in the distribution."""

MOST_NAME = 100
"""Number of characters of a name in a title."""

UNREADABLE = (OSError, RuntimeError, ValueError, IndexError)
"""What `read_b_values` raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A recorded model.

    Attributes:
        name: How it is named in the report.
        path: Its path.
        size_bytes: Its size when it was recorded [byte].
        r_free: The R-free of its job or of its header; None if none was recorded.
    """

    name: str
    path: Path
    size_bytes: int
    r_free: float | None


class UnfitError(Exception):
    """A file cannot be shown. The message gives the reason."""


def sections(outcomes: Sequence[Outcome], read: Callable[[Path], ModelB | None]) -> Iterator[Section | Plot | Text]:
    """Yield plots and a table of one model: of the lowest R-free, or else the last; and why others were left out.

    Args:
        outcomes: The outcomes of the jobs of the report.
        read: Returns the B values of a file, see `ccp4hooks_model_stats.read_b_values`.
    """
    remarks: list[str] = []
    for candidate in _best_first(outcomes)[:MOST_READ]:
        try:
            model = _model(candidate, read)
        except UnfitError as error:
            remarks.append(f"{_code(candidate.name)} {error}.")
            continue
        if model is not None and model.chains:
            yield from _of_model(candidate.name, model)
        break
    if remarks:
        yield Text(title="Models that are not shown", markdown="".join(f"* {one}\n" for one in remarks))


def _best_first(outcomes: Sequence[Outcome]) -> list[Candidate]:
    """Return the models of successful jobs: by R-free, then those without, and the latest first of equal ones.

    Models of sub-jobs are left out, unless no other job has a model.
    """
    found = [
        (one, file)
        for one in reversed(outcomes)
        if one.status.is_success
        for file in one.files
        if file.file_type == MODEL_TYPE
    ]
    tops = [(one, file) for one, file in found if not one.job.number.is_sub_job] or found
    candidates = [_candidate(one, file) for one, file in tops]
    return sorted(candidates, key=lambda one: (one.r_free is None, one.r_free or 0.0))


def _candidate(outcome: Outcome, file: GleanedFile) -> Candidate:
    values = {kpi.key: kpi.value for kpi in outcome.kpis}
    r_free = values.get(R_FREE, values.get(kpi_key(file.parameter, "rFree")))
    return Candidate(
        name=f"{outcome.job.number} {file.path.name}",
        path=file.path,
        size_bytes=file.size_bytes,
        r_free=float(r_free) if isinstance(r_free, (int, float)) else None,
    )


def _model(candidate: Candidate, read: Callable[[Path], ModelB | None]) -> ModelB | None:
    """Return the B values of a model; None if it has none.

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
        raise UnfitError("cannot be read as a model") from error


def _code(text: str) -> str:
    """Return a name as it is written in Markdown, whatever its characters."""
    return f"`{text.replace('`', chr(39))}`"


def _of_model(name: str, model: ModelB) -> Iterator[Section | Plot | Text]:
    largest = sorted(model.chains, key=lambda chain: -len(model.chains[chain]))[:MOST_CHAINS]
    chains = {chain: residues for chain, residues in model.chains.items() if chain in largest}
    every = -(-sum(map(len, chains.values())) // MOST_POINTS)
    short = name if len(name) <= MOST_NAME else f"{name[: MOST_NAME - 1]}\u2026"
    by = "residue" if every == 1 else f"{every} residues"
    yield Plot(title=f"Mean B by {by} of {short} [A^2]", vega_lite=_by_residue(chains, every))
    yield Plot(title=f"Distribution of B of {short} [A^2]", vega_lite=_distribution(model.atoms))
    rows = [_row(chain, residues) for chain, residues in model.chains.items()]
    yield Section(title=f"Mean B of residues by chain of {short} [A^2]", table=rows[:MOST_ROWS])
    remarks = []
    if len(model.chains) > MOST_CHAINS:
        remarks.append(f"The plot shows the {MOST_CHAINS} of {len(model.chains)} chains with the most residues.")
    if len(rows) > MOST_ROWS:
        remarks.append(f"The table shows the first {MOST_ROWS} of {len(rows)} chains.")
    if remarks:
        yield Text(title=f"What is shown of {short}", markdown=" ".join(remarks))


def _row(chain: str, residues: tuple[ResidueB, ...]) -> dict[str, Any]:
    ordered = sorted(residues, key=lambda one: one.mean_b)
    return {
        "Chain": chain,
        "Residues": len(residues),
        "Mean": round(sum(one.mean_b for one in residues) / len(residues), 1),
        "Lowest": round(ordered[0].mean_b, 1),
        "Lowest at": ordered[0].name,
        "Highest": round(ordered[-1].mean_b, 1),
        "Highest at": ordered[-1].name,
    }


def _by_residue(chains: dict[str, tuple[ResidueB, ...]], every: int) -> dict[str, Any]:
    """Return the plot of the mean B over the number of a residue.

    Args:
        chains: The residues by the name of their chain.
        every: How many consecutive residues of a chain are one point.
    """
    values = [
        {
            "Chain": chain,
            "Number": some[0].number,
            "Residue": some[0].name if every == 1 else f"{some[0].name} to {some[-1].name}",
            "Mean B": round(sum(one.mean_b for one in some) / len(some), 2),
        }
        for chain, residues in chains.items()
        for some in (residues[at : at + every] for at in range(0, len(residues), every))
    ]
    return {
        "data": {"values": values},
        "height": 240,
        "mark": {"type": "line", "strokeWidth": 1, "point": {"size": 12}},
        "encoding": {
            "x": {"field": "Number", "type": "quantitative", "title": "Residue", "scale": {"zero": False}},
            "y": {"field": "Mean B", "type": "quantitative", "title": "Mean B [A^2]"},
            "color": {"field": "Chain", "type": "nominal", "sort": None, "title": "Chain"},
            "tooltip": [
                {"field": "Chain"},
                {"field": "Residue"},
                {"field": "Mean B", "type": "quantitative", "title": "Mean B [A^2]"},
            ],
        },
    }


def _distribution(atoms: Sequence[float]) -> dict[str, Any]:
    """Return the plot of the numbers of atoms by B [A^2]."""
    low, high = min(atoms), max(atoms)
    width = (high - low) / BINS or 1.0
    counts = Counter(min(int((b_value - low) / width), BINS - 1) for b_value in atoms)
    values = [
        {"From": round(low + at * width, 2), "To": round(low + (at + 1) * width, 2), "Atoms": counts[at]}
        for at in range(BINS if high > low else 1)
    ]
    return {
        "data": {"values": values},
        "height": 160,
        "mark": "bar",
        "encoding": {
            "x": {"field": "From", "bin": {"binned": True}, "type": "quantitative", "title": "B [A^2]"},
            "x2": {"field": "To"},
            "y": {"field": "Atoms", "type": "quantitative"},
            "tooltip": [
                {"field": "From", "type": "quantitative"},
                {"field": "To", "type": "quantitative"},
                {"field": "Atoms", "type": "quantitative"},
            ],
        },
    }
