"""The pages of the documentation that are installed with ccp4hooks: which there are, and how a terminal shows them."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ccp4hooks.errors import BadInputError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SECTIONS = ("tutorial", "howto", "reference", "explanation", "adr")
"""The directories of the pages, in the order in which they are listed."""

RECORDS = "adr"
"""The directory of the decision records, which are so many that their list is a page of its own."""

INDEX = "index.md"

SHOWN = 5
"""Number of names that a message shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocPage:
    """A page of the documentation.

    Attributes:
        name: Its name for users: that of its file, or of its directory for the first page of a section.
        section: Title of its section; empty for the first page of all.
        title: Its title.
        path: Its file.
    """

    name: str
    section: str
    title: str
    path: Path

    @property
    def text(self) -> str:
        """Its text in Markdown."""
        return self.path.read_text(encoding="utf-8")


def directory() -> Path:
    """Return the directory of the pages: in the installed package, or in the repository of an editable installation.

    Raises:
        BadInputError: The installation has no pages.
    """
    package = Path(__file__).resolve().parents[1]
    found = next((one for one in (package / "docs", package.parent / "docs") if (one / INDEX).is_file()), None)
    if found is None:
        raise BadInputError(f"The pages are missing in {package / 'docs'}. Install ccp4hooks again.")
    return found


def pages() -> list[DocPage]:
    """Return all pages in the order of their sections.

    Raises:
        BadInputError: The installation has no pages.
    """
    root = directory()
    first = root / INDEX
    return [
        DocPage(name="index", section="", title=_title(first), path=first),
        *(page for section in SECTIONS for page in _of_section(root / section)),
    ]


def _of_section(folder: Path) -> Iterator[DocPage]:
    """Yield the pages of a section: its first page, the pages that it links to in their order, and all others."""
    index = folder / INDEX
    section = _title(index)
    yield DocPage(name=folder.name, section=section, title=section, path=index)
    linked = re.findall(r"\]\(([\w-]+\.md)[)#]", index.read_text(encoding="utf-8"))
    others = sorted(path.name for path in folder.glob("*.md") if path.name != INDEX)
    for name in dict.fromkeys(name for name in (*linked, *others) if name in others):
        path = folder / name
        yield DocPage(name=path.stem, section=section, title=_title(path), path=path)


def _title(path: Path) -> str:
    """Return the title of a page: its first line, without the mark of a heading."""
    with path.open(encoding="utf-8") as stream:
        return stream.readline().lstrip("#").strip()


def listed(found: Sequence[DocPage]) -> list[DocPage]:
    """Return the pages that the list has: no first pages of sections but that of the decision records, for all them."""
    records = {page.section for page in found if page.name == RECORDS}
    return [
        page
        for page in found
        if (page.name == RECORDS if page.section in records else page.section and page.name not in SECTIONS)
    ]


def page_named(name: str) -> DocPage:
    """Return a page by its name, the beginning of its name, or its path, as in a link.

    Raises:
        UnknownNameError: There is no such page.
        BadInputError: Several names begin so, or the installation has no pages.
    """
    found = pages()
    wanted = name.partition("#")[0].removesuffix(".md").strip("/")
    wanted = (wanted.removesuffix("/index") or wanted).rpartition("/")[2].casefold()
    same = [page for page in found if page.name == wanted]
    same = same or [page for page in found if wanted and page.name.startswith(wanted)]
    if len(same) == 1:
        return same[0]
    if same:
        names = ", ".join(page.name for page in same[:SHOWN])
        raise BadInputError(
            f"Several pages begin with {name!r}: {names}{' ...' * (len(same) > SHOWN)}. Give more of it."
        )
    search = f"`{shlex.join(('ccp4hooks', 'docs', '--search', name))}`"
    hint = f"`ccp4hooks docs` lists the pages, {search} searches them."
    raise UnknownNameError("page", name, [page.name for page in found], hint)


_LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]+)\)")
_BLOCKS = re.compile(r"(^```.*?^```$)", re.DOTALL | re.MULTILINE)


def with_page_names(page: DocPage) -> str:
    """Return the text of a page in which links to other pages have the names of these, and links to files none.

    Blocks of code stay as they are.
    """
    names = {one.path.resolve(): one.name for one in pages()}

    def shown(link: re.Match[str]) -> str:
        text, target = link.groups()
        if "://" in target:
            return link[0]
        name = names.get((page.path.parent / target.partition("#")[0]).resolve())
        return text if name is None or target.startswith("#") else f"[{text}]({name})"

    parts = _BLOCKS.split(page.text)
    return "".join(part if part.startswith("```") else _LINK.sub(shown, part) for part in parts)
