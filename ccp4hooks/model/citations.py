"""What to cite for a task, and which jobs of a project need it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ccp4hooks.model.numbers import JobNumber
from ccp4hooks.model.plain import NotPlainError, plain_value, required_text

LONGEST = 2_000
"""Length of the longest text of a reference [characters]."""

MOST_AUTHORS = 1_000
"""Largest number of authors of a reference."""

_DOI = re.compile(r"10\.[0-9]{4,9}/[!-~]+")
_PUBMED_ID = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A publication that is to be cited for a task.

    Attributes:
        title: Its title, 1 to 2,000 characters.
        authors: Its authors, at most 1,000, each as ``"Family, Given"`` where the parts are known.
        journal: Name of the journal, or of the book.
        year: Year of the publication; None if it is not known.
        volume: Volume of the journal.
        issue: Issue or part of the volume.
        pages: Pages, or the number of the article.
        doi: DOI, without ``https://doi.org/``.
        pubmed_id: Number in PubMed.
    """

    title: str
    authors: tuple[str, ...] = ()
    journal: str = ""
    year: int | None = None
    volume: str = ""
    issue: str = ""
    pages: str = ""
    doi: str = ""
    pubmed_id: str = ""

    def plain(self) -> Citation:
        """Return the reference with exact texts and numbers, each text in one line.

        Raises:
            NotPlainError: The reference cannot be cited. The message gives the reason.
        """
        if isinstance(self.authors, str) or not isinstance(self.authors, Sequence):
            raise NotPlainError(f"its authors must be a tuple of texts, not {type(self.authors).__name__}")
        if len(self.authors) > MOST_AUTHORS:
            raise NotPlainError(f"it has {len(self.authors)} authors; at most {MOST_AUTHORS} are allowed")
        title = _line("title", self.title)
        if not title:
            raise NotPlainError("it has no title")
        return Citation(
            title=title,
            authors=tuple(filter(None, (_line("author", one) for one in self.authors))),
            journal=_line("journal", self.journal),
            year=_year(self.year),
            volume=_line("volume", self.volume),
            issue=_line("issue", self.issue),
            pages=_line("pages", self.pages),
            doi=_line("doi", self.doi, _DOI),
            pubmed_id=_line("pubmed_id", self.pubmed_id, _PUBMED_ID),
        )

    @property
    def key(self) -> str:
        """A text that is the same for the same publication: its DOI, its number in PubMed, or else its title."""
        return self.doi.lower() or self.pubmed_id or " ".join(re.findall(r"\w+", self.title.lower()))

    @property
    def url(self) -> str:
        """The address of the publication; empty if it is not known."""
        if self.doi:
            return f"https://doi.org/{self.doi}"
        return f"https://pubmed.ncbi.nlm.nih.gov/{self.pubmed_id}/" if self.pubmed_id else ""

    def __str__(self) -> str:
        """Return the reference in one line.

        >>> print(Citation(title="On R", authors=("Doe, J.",), journal="J. Ex.", year=2026, volume="7", pages="1-9"))
        Doe, J. (2026). On R. J. Ex. 7, 1-9.
        """
        who = "; ".join(self.authors)
        when = f"({self.year})" if self.year else ""
        volume = f"{self.volume}({self.issue})" if self.issue else self.volume
        where = ", ".join(filter(None, (" ".join(filter(None, (self.journal, volume))), self.pages)))
        parts = (" ".join(filter(None, (who, when))), self.title, where)
        said = " ".join(part if part[-1] in ".?!" else f"{part}." for part in parts if part)
        return f"{said} {self.url}".rstrip()


def _line(name: str, value: object, pattern: re.Pattern[str] | None = None) -> str:
    """Return a text in one line, which is empty or fits the pattern."""
    text = " ".join(required_text(name, value, LONGEST).split())
    if text and pattern is not None and not pattern.fullmatch(text):
        raise NotPlainError(f"its {name} cannot be {text!r}")
    return text


def _year(value: object) -> int | None:
    if value is None:
        return None
    year = plain_value(value, "year")
    if isinstance(year, bool) or not isinstance(year, int) or not 1000 <= year <= 9999:  # noqa: PLR2004 - four digits
        raise NotPlainError(f"its year cannot be {year!r}")
    return year


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedWork:
    """A publication that is to be cited for jobs.

    Attributes:
        citation: The publication.
        tasks: The tasks that ask for it, in the order of the jobs.
        jobs: Numbers of the jobs and sub-jobs that have run these tasks.
    """

    citation: Citation
    tasks: tuple[str, ...]
    jobs: tuple[JobNumber, ...]
