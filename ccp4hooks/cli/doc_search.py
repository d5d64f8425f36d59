"""Search the pages of the documentation for words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccp4hooks.cli.doc_pages import RECORDS, DocPage
from ccp4hooks.errors import BadInputError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LINK = re.compile(r"!?\[([^\]]*)\]\([^)\s]+\)")
_MARKS = re.compile(r"\*\*|<!--.*?-->|^>\s*", re.MULTILINE)
_HEADING = re.compile(r"#{1,6}\s+(.*)")
_FENCE = re.compile(r"\s*(```|~~~)")
_OWN_LINE = re.compile(r"^\s*(?:(?:[*+-]|\d+\.)\s+|\|\s*)")
"""The beginning of an item of a list or of the row of a table."""

_RULE = re.compile(r"[\s|:-]*")
"""The line between the headings and the rows of a table."""

_WORD = re.compile(r"[^\W_][\w-]+")

COMMON = frozenset(
    {"a", "an", "and", "are", "as", "at", "by", "do", "does", "for", "from", "how", "i", "in", "is", "it", "my", "of"}
    | {"on", "or", "that", "the", "to", "what", "with"}
)
"""Words that are not searched for if there are others."""

WHOLE = 3
"""Length of the words that are found only as a whole [characters]. The beginning of a longer one is enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A paragraph, an item of a list, the row of a table or a line of code.

    Attributes:
        heading: The heading above it, that of the page for what stands before all others.
        text: Its text in one line, without the addresses of links. It is empty for the heading alone.
    """

    heading: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPage:
    """A page with the words that were searched for.

    Attributes:
        page: The page.
        passages: The passages with the words, in their order.
    """

    page: DocPage
    passages: tuple[Passage, ...]


class Words:
    """The words that are searched for: the beginnings of words, whatever their case.

    >>> Words(["how", "glean KPI"]).found_in("`glean_kpi` is a hook; gleaning")
    2

    Args:
        texts: One or more words each.

    Raises:
        BadInputError: There is no word.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        given = list(dict.fromkeys(word.casefold() for text in texts for word in text.split()))
        if not given:
            raise BadInputError("There is no word to search for. Give one or more.")
        self.words = [word for word in given if word not in COMMON] or given
        self._patterns = [re.compile(_pattern(word), re.IGNORECASE) for word in self.words]

    def found_in(self, text: str) -> int:
        """Return how many of the words a text has."""
        return sum(pattern.search(text) is not None for pattern in self._patterns)

    def are_in(self, text: str) -> bool:
        """Return whether a text has all words."""
        return self.found_in(text) == len(self.words)

    def missing_in(self, text: str) -> list[str]:
        """Return the words that a text does not have."""
        return [word for word, one in zip(self.words, self._patterns, strict=True) if not one.search(text)]

    def places(self, text: str) -> list[tuple[int, int]]:
        """Return (start, end) of each occurrence in a text."""
        return sorted(match.span() for pattern in self._patterns for match in pattern.finditer(text))


def _pattern(word: str) -> str:
    end = r"(?![^\W_])" if len(word) < WHOLE else ""
    return rf"(?<![^\W_]){re.escape(word)}{end}"


def search(words: Words, known: Sequence[DocPage]) -> list[FoundPage]:
    """Return the pages with all words in a passage or in what stands above it, or else the pages with all words.

    Those with the words in their title come first, then those with the words in a heading; decision records come last.

    Args:
        words: The words.
        known: The pages.

    Raises:
        BadInputError: No page has the words.
    """
    found = [(page, tuple(dict.fromkeys(_matching(page, words)))) for page in known]
    if not any(passages for _, passages in found):
        far_apart = [page for page in known if words.are_in(page.text)]
        found = [(page, tuple(dict.fromkeys(_with_any(page, words)))) for page in far_apart]
    if not found:
        raise BadInputError(_nothing(words, known))
    made = [FoundPage(page=page, passages=passages) for page, passages in found if passages]
    return sorted(made, key=lambda one: _rank(one, words))


def _rank(found: FoundPage, words: Words) -> tuple[bool, int]:
    """Return the place of a page among others; a smaller one is earlier."""
    if words.are_in(f"{found.page.name} {found.page.title}"):
        level = 0
    else:
        level = 1 if any(words.are_in(one.heading) for one in found.passages) else 2
    return found.page.path.parent.name == RECORDS, level


def _matching(page: DocPage, words: Words) -> Iterator[Passage]:
    for one in read_passages(page.text):
        text = one.text or one.heading
        if words.found_in(text) and words.are_in(f"{page.name} {page.title} {one.heading} {text}"):
            yield one


def _with_any(page: DocPage, words: Words) -> Iterator[Passage]:
    return (one for one in read_passages(page.text) if words.found_in(one.text or one.heading))


def _nothing(words: Words, known: Sequence[DocPage]) -> str:
    """Return that no page has the words, with similar ones that the pages have."""
    text = "\n".join(page.text for page in known)
    missing = words.missing_in(text)
    near = nearest(missing[0], dict.fromkeys(_WORD.findall(text)), cutoff=0.75) if missing else ()
    meant = f"; did you mean {' or '.join(near)}?" if near else "."
    return f"No page has {' '.join(words.words)!r}{meant} Give fewer or other words; `ccp4hooks docs` lists the pages."


def read_passages(text: str) -> Iterator[Passage]:
    r"""Yield the passages of a page in Markdown.

    >>> [one.text for one in read_passages("# A\n\nSee [the\npage](b.md).\n* first\n* second\n## B\n```\ncode\n```\n")]
    ['', 'See the page.', 'first', 'second', '', 'code']
    """
    heading = ""
    for block, is_code in _blocks(text.splitlines()):
        title = None if is_code else _HEADING.fullmatch(block)
        if title is not None:
            heading = _plain(title[1])
            yield Passage(heading=heading, text="")
        elif plain := " ".join(block.split()) if is_code else _plain(block):
            yield Passage(heading=heading, text=plain)


def _blocks(lines: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Yield the blocks of a page, and whether each is a line of code."""
    block: list[str] = []
    in_code = False
    for line in (*lines, ""):
        is_fence = _FENCE.match(line) is not None
        begins = is_fence or in_code or not line.strip() or _HEADING.fullmatch(line) or _OWN_LINE.match(line)
        if begins and block:
            yield " ".join(block), False
            block = []
        if is_fence:
            in_code = not in_code
        elif in_code:
            yield line, True
        elif _HEADING.fullmatch(line):
            yield line, False
        elif line.strip():
            block.append(line)


def _plain(block: str) -> str:
    """Return a block without the marks of Markdown; the row of a table has its cells one behind the other."""
    if _RULE.fullmatch(block):
        return ""
    is_row = block.lstrip().startswith("|")
    text = _MARKS.sub("", _LINK.sub(r"\1", block if _HEADING.fullmatch(block) else _OWN_LINE.sub("", block, count=1)))
    cells = [cell.strip() for cell in text.split("|")] if is_row else [text]
    return " ".join("  ".join(filter(None, cells)).split())


def excerpt(text: str, words: Words | None, width: int) -> str:
    """Return the part of a text in which the first of some words stands, in one line.

    >>> excerpt("The quick brown fox jumps over the lazy dog", Words(["jumps"]), 30)
    '... brown fox jumps over ...'

    Args:
        text: The text.
        words: The words; None for the beginning of the text.
        width: Length of the longest part [characters].
    """
    if len(text) <= width:
        return text
    dots = "..."
    places = words.places(text) if words else []
    room = width - 2 * (len(dots) + 1)
    start = max(0, min(places[0][0] - room // 2, len(text) - room)) if places and places[0][1] > room else 0
    part = text[start : start + room]
    if start:
        part = f"{dots} {part.partition(' ')[2] or part}"
    return part if start + room >= len(text) else f"{part.rpartition(' ')[0] or part} {dots}"
