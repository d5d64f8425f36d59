"""Write references in the formats that programs for references read: BibTeX and RIS."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from ccp4hooks.texts import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ccp4hooks.model import Citation

_SPECIAL = re.compile(r"[\\{}&%$#_^~]")
_TEX = {
    # BibTeX counts braces behind a backslash, too.
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
}


def bibtex(citations: Iterable[Citation]) -> str:
    r"""Return references as BibTeX in UTF-8, one entry each.

    >>> from ccp4hooks.model import Citation
    >>> print(bibtex([Citation(title="R & D", authors=("Doe, J.",), journal="J. Ex.", year=2026, pages="1-9")]), end="")
    @article{Doe2026,
      author = {Doe, J.},
      title = {{R \& D}},
      journal = {J. Ex.},
      year = {2026},
      pages = {1--9},
    }
    """
    names = _Names()
    return "\n".join("".join(f"{line}\n" for line in _entry(one, names.of(one))) for one in citations)


def ris(citations: Iterable[Citation]) -> str:
    """Return references as RIS in UTF-8, one record each.

    >>> from ccp4hooks.model import Citation
    >>> print(ris([Citation(title="R & D", authors=("Doe, J.",), year=2026, pages="1-9")]), end="")
    TY  - JOUR
    AU  - Doe, J.
    TI  - R & D
    PY  - 2026
    SP  - 1
    EP  - 9
    ER  -
    """
    return "\n".join("".join(f"{line}\n" for line in _record(one)) for one in citations)


class _Names:
    """Gives each reference a name of its own: the family name of the first author and the year."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def of(self, citation: Citation) -> str:
        """Return the name of a reference."""
        first = (citation.authors or (citation.title,))[0].partition(",")[0].split() or [""]
        plain = unicodedata.normalize("NFKD", first[-1] if citation.authors else first[0])
        stem = re.sub(r"[^A-Za-z0-9]", "", plain) or "reference"
        stem += str(citation.year or "")
        name, at = stem, 1
        while name.lower() in self._used:
            at += 1
            name = f"{stem}-{at}"
        self._used.add(name.lower())
        return name


def _entry(one: Citation, name: str) -> Iterator[str]:
    yield f"@{'article' if one.journal else 'misc'}{{{name},"
    fields = {
        "author": " and ".join(map(_bibtex_author, one.authors)),
        "title": f"{{{_tex(one.title)}}}",
        "journal": _tex(one.journal),
        "year": str(one.year or ""),
        "volume": _tex(one.volume),
        "number": _tex(one.issue),
        "pages": re.sub(r"(?<=\w)-(?=\w)", "--", _tex(one.pages)),
        "doi": _tex(one.doi),
        "url": "" if one.doi else one.url,
        "pmid": one.pubmed_id,
    }
    for field, value in fields.items():
        if value:
            yield f"  {field} = {{{value}}},"
    yield "}"


def _bibtex_author(name: str) -> str:
    """Return an author as BibTeX reads it; a name with ``and`` in it is that of a group."""
    text = _tex(name)
    return text if "," in name and " and " not in f" {name} " else f"{{{text}}}"


def _tex(text: str) -> str:
    return _SPECIAL.sub(lambda found: _TEX.get(found[0], f"\\{found[0]}"), printable(text))


def _record(one: Citation) -> Iterator[str]:
    yield f"TY  - {'JOUR' if one.journal or one.pages else 'GEN'}"
    first, _, last = one.pages.partition("-")
    fields = [
        *(("AU", name) for name in one.authors),
        ("TI", one.title),
        ("JO", one.journal),
        ("PY", str(one.year or "")),
        ("VL", one.volume),
        ("IS", one.issue),
        ("SP", first),
        ("EP", last),
        ("DO", one.doi),
        ("UR", one.url),
        ("AN", one.pubmed_id),
    ]
    for tag, value in fields:
        if value:
            yield f"{tag}  - {printable(value)}"
    yield "ER  -"
