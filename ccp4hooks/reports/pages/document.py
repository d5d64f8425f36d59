"""Make one HTML file of a template and its content, which needs nothing else: no other file, and no network.

Its Content-Security-Policy permits the scripts and the style sheet of the page by their checksums, and nothing else.
Every text from data is escaped twice: control characters here, and the characters of HTML by the templates.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache, lru_cache
from html import escape
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Any

from django.template import Context, Engine, Library
from django.utils.safestring import SafeString, mark_safe

from ccp4hooks.reports.pages.writing import MARK
from ccp4hooks.texts import printable
from ccp4hooks.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

HERE = Path(__file__).parents[1]

PLOTTING = ("vendor/vega.min.js", "vendor/vega-lite.min.js", "vendor/vega-interpreter.js", "plots.js")
"""The scripts that draw plots. `.ci/vendor.py` fetches those of others."""

SEPARATOR = "\0"
"""Separates texts that are escaped together. `safe` leaves no control character in a text."""

register = Library()
"""The filters that all templates have besides those of Django."""

LONGEST_TEXT = 2_000
"""Length of the longest text from data [characters]. A longer text is cut."""

LONGEST_LOG = 10_000
"""Length of the longest text of several lines, such as a note or the end of a log [characters]."""


def render(
    template: str,
    content: Mapping[str, Any],
    *,
    scripts: Iterable[str] = (),
    data: object = None,
    asks_server: bool = False,
) -> str:
    """Return a page.

    Args:
        template: Name of a template that extends ``base.html``.
        content: What it shows, as plain data. ``base.html`` shows ``project``, ``kind``, ``made_at`` and ``directory``.
        scripts: Names of the scripts.
        data: What the scripts read, as JSON data.
        asks_server: Whether the scripts may ask the server from which the page comes.
    """
    style = static("report.css")
    code = [static(name) for name in scripts]
    said = {
        **safe(content),
        "scripts": code,
        "data": embedded(safe(data)),
        "mark": MARK,
        "version": __version__,
        "style": style,
        "policy": _policy([style], code, connect="'self'" if asks_server else ""),
    }
    return _rendered(template, said)


def fragment(template: str, content: Mapping[str, Any]) -> SafeString:
    """Return a part of a page, with which other templates can be filled.

    Args:
        template: Name of a template.
        content: What it shows, as plain data.
    """
    return mark_safe(_rendered(template, safe(content)))  # noqa: S308 - templates escape


def _rendered(template: str, content: Mapping[str, Any]) -> str:
    return str(_engine().get_template(template).render(Context(content, use_l10n=False, use_tz=False)))


def markup(html: str) -> SafeString:
    """Return HTML that templates write as it is. Whoever calls it has escaped every text in it."""
    return mark_safe(html)  # noqa: S308 - see above


def embedded(value: object) -> str:
    r"""Return JSON data that can stand in an element of a page, whatever their texts.

    >>> embedded({"a": "</script>\u2028&"})
    '{"a":"\\u003c/script\\u003e\\u2028\\u0026"}'
    """
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return text.translate({ord(one): f"\\u{ord(one):04x}" for one in "<>&"})


def _policy(styles: Iterable[str], scripts: Iterable[str], *, connect: str) -> str:
    """Return a Content-Security-Policy that permits these style sheets and scripts, and to connect to this source."""
    sources = {"style-src": styles, "script-src": scripts}
    permitted = [f"{name} {' '.join(map(_checksum, texts))}" for name, texts in sources.items() if texts]
    permitted += [f"connect-src {connect}"] if connect else []
    return "; ".join(["default-src 'none'", *permitted, "base-uri 'none'", "form-action 'none'"])


@cache
def _engine() -> Engine:
    return Engine(dirs=[HERE / "templates"], autoescape=True, debug=False, builtins=[__name__])


def fill(rows: dict[str, Any] | Sequence[dict[str, Any]], form: str) -> SafeString:
    """Return a form, filled with the escaped texts of a dictionary, or of each of several dictionaries in turn.

    The page of many jobs has most of its texts in the rows of tables. A loop of the template would take ten times as
    long for them.

    Args:
        rows: The dictionary, or the dictionaries, as `safe` has returned them.
        form: HTML in which ``{name}`` stands for the text with this name.

    >>> fill([{"name": "a<b", "value": 1}, {"name": "c", "value": "50%"}], "<dt>{name}<dd>{value}")
    '<dt>a&lt;b<dd>1<dt>c<dd>50%'
    """
    pattern, names = _pattern(form)
    each = [rows] if isinstance(rows, dict) else rows
    texts = [str(one[name]) for one in each for name in names]
    # All are escaped at once. A text that contains the separator would not be filled in elsewhere, but fail.
    escaped = escape(SEPARATOR.join(texts)).split(SEPARATOR) if texts else ()
    return SafeString(pattern * len(each) % tuple(escaped))


register.filter("fill", fill)


@cache
def _pattern(form: str) -> tuple[str, tuple[str, ...]]:
    """Return a form with ``%s`` in the place of each name, and the names.

    >>> _pattern("<b>{name}</b> 100%")
    ('<b>%s</b> 100%%', ('name',))
    """
    parts = [(text.replace("%", "%%"), name) for text, name, _, _ in Formatter().parse(form)]
    names = tuple(name for _, name in parts if name is not None)
    return "".join(text if name is None else f"{text}%s" for text, name in parts), names


def as_status(status: Mapping[str, str]) -> SafeString:
    """Return the status of a job with its mark. A page of many jobs shows the same few statuses again and again."""
    return _status(status["text"], status["tone"], status["mark"])


register.filter("as_status", as_status)


@lru_cache(maxsize=100)
def _status(text: str, tone: str, mark: str) -> SafeString:
    return fragment("status.html", {"status": {"text": text, "tone": tone, "mark": mark}})


@cache
def static(name: str) -> str:
    """Return a script or a style sheet of the package."""
    return (HERE / "static" / name).read_text(encoding="utf-8")


@cache
def _checksum(text: str) -> str:
    """Return the checksum of a script or a style sheet as a source of a Content-Security-Policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def safe(value: Any) -> Any:
    """Return plain data in which no text has control characters, or is too long to be read."""
    # A page of many jobs has several hundred thousand texts, nearly all of which are safe.
    kind = type(value)
    if kind is str:
        return value if value.isprintable() and len(value) <= LONGEST_TEXT else _text(value)
    if isinstance(value, dict):
        return {
            _key(key): one if type(one) is str and one.isprintable() and len(one) <= LONGEST_TEXT else safe(one)
            for key, one in value.items()
        }
    if isinstance(value, str):
        return value if kind is SafeString else _text(value)
    return [safe(one) for one in value] if isinstance(value, (list, tuple)) else value


def _text(text: str) -> str:
    limit = LONGEST_LOG if "\n" in text else LONGEST_TEXT
    return printable(text if len(text) <= limit else f"{text[:limit]}\u2026", lines=True)


@lru_cache(maxsize=1000)
def _key(text: str) -> str:
    return _text(text)
