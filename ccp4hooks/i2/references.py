"""Read what CCP4i2 says is to be cited for a task: the files of its directory ``references``.

CCP4i2 reads those in the format of MEDLINE for its reports, but of a title only the first line, and neither volume,
pages, DOI nor number in PubMed; it leaves out references without a source, and one file in BibTeX. So all of them are
read here.

Source of the names of the fields: https://www.nlm.nih.gov/bsd/mms/medlineelements.html and the files of ccp4i2 3.0.1
and 3.1.0a105.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import versions
from ccp4hooks.i2.tasks.task_table import added_tasks
from ccp4hooks.model import Citation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LARGEST_FILE = 2**22
"""Size of the largest file that is read [byte]. CCP4i2's own have less than a tenth of it."""

Fields = dict[str, list[str]]

_FIELD = re.compile(r"([A-Z][A-Z0-9]{1,3}) *- ?(.*)")
_SOURCE = re.compile(
    r"(?P<journal>[^;]+?)\.? +(?P<year>\d{4})\b[^;:]*;(?P<volume>[^(:]*)(?:\((?P<issue>[^)]*)\))?:(?P<pages>[\w-]*)"
)
_DOI = re.compile(r"\b10\.[0-9]{4,9}/[!-~]+")
_INITIALS_FIRST = re.compile(r"((?:[^\W\d_]{1,2}\.[ -]*)+) ?(?P<family>[^\W\d_][^.]*)")
_INITIALS_LAST = re.compile(r"(?P<family>\S.*\S) (?P<initials>[A-Z]{1,4})")
_BIBTEX = re.compile(r"(\w+)\s*=\s*")
_AND = re.compile(r",? and |, ")


def references(task: str) -> tuple[Citation, ...]:
    """Return what is to be cited for a task, each publication once.

    Args:
        task: TASKNAME. It need not exist any more.
    """
    added = added_tasks().get(task)
    return added[1].citations if added else _of_ccp4i2(task)


@cache
def _of_ccp4i2(task: str) -> tuple[Citation, ...]:
    files = _files()
    texts = [
        (read, _text(files[name]))
        for one in versions.cited_names(task)
        for kind, read in (("medline", _medline_records), ("bibtext", _bibtex_records))
        if (name := f"{one}.{kind}.txt".lower()) in files
    ]
    found = [attempt(_citation, fields) for read, text in texts for fields in read(text)]
    return tuple({one.key: one for one in found if isinstance(one, Citation)}.values())


@cache
def _files() -> dict[str, Path]:
    """Return CCP4i2's files of references by their names, without regard to case, as 3.1 looks for them."""
    found = find_spec("ccp4i2")
    folders = list(found.submodule_search_locations or ()) if found else []
    return {path.name.lower(): path for folder in folders for path in Path(folder).glob("references/*.txt")}


def _text(path: Path) -> str:
    """Return the text of a file; empty if it cannot be read or is too large."""
    read = "" if path.stat().st_size > LARGEST_FILE else attempt(path.read_text, encoding="utf-8", errors="replace")
    return "" if isinstance(read, Failure) else read


# --- MEDLINE ------------------------------------------------------------------------------------------------------


def _medline_records(text: str) -> Iterator[Fields]:
    """Yield the fields of each record. A record begins with ``PMID``, or after an empty line below its source."""
    fields: Fields = {}
    name = ""
    for line in text.splitlines():
        found = _FIELD.fullmatch(line)
        is_end = found[1] == "PMID" if found else not line.strip() and "SO" in fields
        if fields and is_end:
            yield fields
            fields, name = {}, ""
        if found:
            name = found[1]
            fields.setdefault(name, []).append(found[2].strip())
        elif name and line.startswith(" "):
            fields[name][-1] += f" {line.strip()}"
    if fields:
        yield fields


def _citation(fields: Fields) -> Citation:
    """Return a reference from its fields.

    Raises:
        NotPlainError: It has no title.
    """
    one = {name: values[0] for name, values in fields.items()}
    source = _SOURCE.match(one.get("SO", ""))
    where: Mapping[str, str | None] = source.groupdict() if source else {}
    year = re.match(r"\d{4}", one.get("DP") or where.get("year") or "")
    journal = one.get("JT") or where.get("journal") or one.get("TA") or ("" if source else one.get("SO", ""))
    number = re.match(r"\d{1,9}", one.get("PMID", ""))
    return Citation(
        title=one.get("TI", "").strip().removesuffix("."),
        authors=tuple(fields["FAU"]) if "FAU" in fields else tuple(_authors(fields.get("AU", []))),
        journal=journal,
        year=int(year[0]) if year else None,
        volume=(one.get("VI") or where.get("volume") or "").strip(),
        issue=(one.get("IP") or where.get("issue") or "").strip(),
        pages=(one.get("PG") or where.get("pages") or "").strip(),
        doi=_doi(fields),
        pubmed_id=number[0] if number else "",
    ).plain()


def _doi(fields: Fields) -> str:
    """Return the DOI: that of the field for it, or else that in an address, a note or the source."""
    marked = [value for name in ("LID", "AID") for value in fields.get(name, []) if value.endswith("[doi]")]
    others = [value for name in ("N1", "UR", "URL", "SO") for value in fields.get(name, [])]
    found = next(filter(None, map(_DOI.search, (*marked, *others))), None)
    return found[0].rstrip(".,;") if found else ""


def _authors(given: list[str]) -> Iterator[str]:
    """Yield each author as ``"Family, Given"`` where the parts are known.

    >>> list(_authors(["Murshudov GN", "O.  Kovalevskiy, R. A.  Nicholls and F.  Long", "AlphaFold team"]))
    ['Murshudov, G. N.', 'Kovalevskiy, O.', 'Nicholls, R. A.', 'Long, F.', 'AlphaFold team']
    """
    for one in given:
        names = [" ".join(name.split()) for name in _AND.split(one)]
        several = all(_INITIALS_FIRST.fullmatch(name) for name in names)
        yield from map(_author, names if several else [" ".join(one.split())])


def _author(name: str) -> str:
    first = _INITIALS_FIRST.fullmatch(name)
    if first:
        return f"{first['family']}, {first[1].strip()}"
    last = _INITIALS_LAST.fullmatch(name)
    return f"{last['family']}, {' '.join(f'{one}.' for one in last['initials'])}" if last else name


# --- BibTeX -------------------------------------------------------------------------------------------------------

_NAMES = {"title": "TI", "journal": "JT", "year": "DP", "volume": "VI", "number": "IP", "pages": "PG", "doi": "N1"}


def _bibtex_records(text: str) -> Iterator[Fields]:
    """Yield the fields of each entry, by their names in MEDLINE."""
    for entry in re.split(r"^@", text, flags=re.MULTILINE)[1:]:
        fields: Fields = {}
        for found in _BIBTEX.finditer(entry):
            name, value = found[1].lower(), _braced(entry[found.end() :])
            if name == "author":
                fields["FAU"] = [" ".join(one.split()) for one in re.split(r"\s+and\s+", value)]
            elif name in _NAMES:
                fields.setdefault(_NAMES[name], []).append(value)
        yield fields


def _braced(text: str) -> str:
    """Return the value at the beginning of a text without its braces or quotes, and without braces in it."""
    end = depth = 0
    for end, one in enumerate(text):  # noqa: B007 - used below
        depth += {"{": 1, "}": -1}.get(one, 0)
        if depth <= 0 and one in "},\n":
            break
    return re.sub(r"[{}\"]", "", text[:end]).strip()
