"""Make one HTML page of a report, which needs nothing else: no other file, and no network.

Its Content-Security-Policy permits the scripts and the style sheet of the page by their checksums, and nothing else.
Every text from data is escaped twice: control characters here, and the characters of HTML by the templates.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.template import Context, Engine
from django.utils.safestring import SafeString, mark_safe

from ccp4hooks.reports.contents import contents
from ccp4hooks.reports.markdown import rendered
from ccp4hooks.reports.writing import MARK
from ccp4hooks.texts import printable
from ccp4hooks.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccp4hooks.model import Report

HERE = Path(__file__).parent

PLOTTING = ("vendor/vega.min.js", "vendor/vega-lite.min.js", "vendor/vega-interpreter.js", "plots.js")
"""The scripts that draw plots. `.ci/vendor.py` fetches those of others."""

LONGEST_TEXT = 2_000
"""Length of the longest text from data [characters]. A longer text is cut."""

LONGEST_LOG = 10_000
"""Length of the longest text of several lines, such as a note or the end of a log [characters]."""


def render(report: Report, *, scripts: bool = True) -> str:
    """Return the page of a report.

    Args:
        report: The report.
        scripts: Whether the page has scripts, which sort and filter its table and mark what led to what.
    """
    style = _static("report.css")
    content = contents(report)
    for section in content["sections"]:
        if "markdown" in section:
            section["html"] = mark_safe(rendered(printable(section.pop("markdown"), lines=True)))  # noqa: S308 - escaped
    content = _safe(content)
    draws = bool(content["plots"] or content["choice"])
    names = ("report.js", *(PLOTTING if draws else ())) if scripts else ()
    code = [_static(name) for name in names]
    data = {
        "edges": content["graph"]["links"],
        "statuses": content["statuses"],
        "plots": [one["spec"] for one in content["plots"]],
        "choice": content["choice"],
    }
    said = {
        **content,
        "scripts": code,
        "has_plots": scripts
        and bool(content["choice"] or [one for one in content["plots"] if not one["is_of_section"]]),
        "data": embedded(data),
        "mark": MARK,
        "version": __version__,
        "style": style,
        "policy": _policy([style], code),
    }
    return str(_engine().get_template("report.html").render(Context(said, use_l10n=False, use_tz=False)))


def embedded(value: object) -> str:
    r"""Return JSON data that can stand in an element of a page, whatever their texts.

    >>> embedded({"a": "</script>\u2028&"})
    '{"a":"\\u003c/script\\u003e\\u2028\\u0026"}'
    """
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return text.translate({ord(one): f"\\u{ord(one):04x}" for one in "<>&"})


def _policy(styles: Iterable[str], scripts: Iterable[str]) -> str:
    """Return a Content-Security-Policy that permits these style sheets and scripts, and nothing else."""
    sources = {"style-src": styles, "script-src": scripts}
    permitted = [f"{name} {' '.join(map(_checksum, texts))}" for name, texts in sources.items() if texts]
    return "; ".join(["default-src 'none'", *permitted, "base-uri 'none'", "form-action 'none'"])


@cache
def _engine() -> Engine:
    return Engine(dirs=[HERE / "templates"], autoescape=True, debug=False)


@cache
def _static(name: str) -> str:
    return (HERE / "static" / name).read_text(encoding="utf-8")


@cache
def _checksum(text: str) -> str:
    """Return the checksum of a script or a style sheet as a source of a Content-Security-Policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _safe(value: Any) -> Any:
    """Return plain data in which no text has control characters, or is too long to be read."""
    if isinstance(value, SafeString):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict):
        return {_text(key): _safe(one) for key, one in value.items()}
    return [_safe(one) for one in value] if isinstance(value, (list, tuple)) else value


def _text(text: str) -> str:
    limit = LONGEST_LOG if "\n" in text else LONGEST_TEXT
    return printable(text if len(text) <= limit else f"{text[:limit]}\u2026", lines=True)
