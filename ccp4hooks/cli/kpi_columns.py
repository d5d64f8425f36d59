"""KPIs of several jobs as columns of a table: titles with units, and values as texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccp4hooks.texts import kpi_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ccp4hooks.model import Kpi
    from ccp4hooks.queries.kpi_descriptions import KpiDescriptions


def kpi_columns(
    jobs: Sequence[Iterable[Kpi]], keys: Iterable[str], names: KpiDescriptions
) -> dict[str, list[str | None]]:
    """Return the values of KPIs by their headings, in the order of the keys: a text for each job, None without a value.

    A heading is the title, followed by the unit if all values have the same one.

    Args:
        jobs: The KPIs of each job.
        keys: The keys.
        names: The descriptions.
    """
    tables = [{kpi.key: kpi for kpi in kpis} for kpis in jobs]
    columns: dict[str, list[str | None]] = {}
    for key, title in names.titles(keys).items():
        found = [table.get(key) for table in tables]
        units = {names.unit(kpi) for kpi in found if kpi}
        heading = f"{title} [{unit}]" if len(units) == 1 and (unit := next(iter(units))) else title
        columns[heading] = [_text(kpi, names, with_unit=len(units) > 1) if kpi else None for kpi in found]
    return columns


def _text(kpi: Kpi, names: KpiDescriptions, *, with_unit: bool) -> str:
    text = kpi_text(kpi.value, names.decimals(kpi.key))
    return " ".join(filter(None, (text, names.unit(kpi) if with_unit else "")))
