"""Write graphs, plots and comparisons to files, whose endings say in which format."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from ccp4hooks.errors import BadInputError
from ccp4hooks.outcomes.outcome_file import to_json
from ccp4hooks.reports.pages import comparison_page, comparison_texts, graph_formats, graph_page, kpi_values, writing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from ccp4hooks.model import Comparison, JobGraph, KpiPlot

T = TypeVar("T")

PAGE = ".html"
"""The ending of a page, which may replace an earlier one."""


def json_text(value: object) -> str:
    """Return a value, or a container of values, as JSON that any reader can decode."""
    return json.dumps(to_json(value), indent=2) + "\n"


def comparison_json(comparison: Comparison) -> str:
    """Return a comparison, with the number of the job to which the others are compared, as JSON."""
    return json_text({"reference": comparison.reference, "comparison": comparison})


GRAPHS: Mapping[str, Callable[[JobGraph], str | bytes]] = {
    PAGE: graph_page.render,
    ".dot": graph_formats.dot,
    ".mmd": graph_formats.mermaid,
    ".csv": graph_formats.csv_table,
    ".json": json_text,
}
"""What makes each format of a graph, by the ending of the file."""

PLOTS: Mapping[str, Callable[[KpiPlot], str | bytes]] = {
    PAGE: kpi_values.page,
    ".svg": partial(kpi_values.picture, is_png=False),
    ".png": partial(kpi_values.picture, is_png=True),
    ".csv": kpi_values.csv_table,
    ".json": json_text,
}
"""What makes each format of a plot, by the ending of the file."""

COMPARISONS: Mapping[str, Callable[[Comparison], str | bytes]] = {
    PAGE: comparison_page.render,
    ".csv": comparison_texts.csv_table,
    ".json": comparison_json,
}
"""What makes each format of a comparison, by the ending of the file."""


def write(value: T, path: Path, formats: Mapping[str, Callable[[T], str | bytes]], *, replace: bool) -> None:
    """Write a graph, a plot or a comparison, as a whole or not at all.

    Args:
        value: The graph, the plot or the comparison.
        path: The file. Its ending tells its format.
        formats: What makes each format.
        replace: Whether an existing file is replaced. An earlier page is replaced in any case.

    Raises:
        BadInputError: The ending is unknown, or the path cannot be written or exists.
    """
    kind = ending(path, formats)
    writing.require_place(path, replace=replace, is_page=kind == PAGE)
    made = formats[kind](value)
    writing.write_bytes(path, made.encode() if isinstance(made, str) else made)


def ending(path: Path, formats: Mapping[str, object]) -> str:
    """Return the ending of a file that tells its format.

    Raises:
        BadInputError: It is unknown.
    """
    kind = path.suffix.lower()
    if kind not in formats:
        *others, last = formats
        raise BadInputError(f"{path} does not tell the format. Give a name that ends in {', '.join(others)} or {last}.")
    return kind
