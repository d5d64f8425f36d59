"""A page that changes while somebody looks at it: parts with names, so that only those that differ are sent again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ccp4hooks.reports.pages import document

DIGEST_BYTES = 8
"""Size of the checksum by which a part is recognized [byte]."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of a page.

    Attributes:
        id: Identifies its element in the page.
        tag: Name of the element.
        html: What is in the element, made by a template.
        style: Classes of the element.
    """

    id: str
    tag: str
    html: str
    style: str = ""

    @cached_property
    def digest(self) -> str:
        """Checksum of everything that is shown of it."""
        text = f"{self.tag} {self.style} {self.html}"
        return hashlib.blake2b(text.encode(), digest_size=DIGEST_BYTES).hexdigest()

    def content(self) -> dict[str, str]:
        """Return it as data of a template or of an event."""
        return {"id": self.id, "tag": self.tag, "style": self.style, "digest": self.digest, "html": self.html}


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page.

    Attributes:
        template: Name of its template.
        content: What it shows besides the parts, as plain data.
        parts: The parts, by the ids of the elements that contain them.
        events: Path of the events by which it changes; empty if it does not.
    """

    template: str
    content: Mapping[str, Any]
    parts: Mapping[str, Sequence[Part]] = field(default_factory=dict)
    events: str = ""

    def render(self) -> str:
        """Return the HTML of the page."""
        shown = {name: [part.content() for part in parts] for name, parts in self.parts.items()}
        return document.render(
            self.template,
            {**self.content, "parts": shown, "is_live": bool(self.events)},
            scripts=("live.js",) if self.events else (),
            data={"events": self.events},
            asks_server=bool(self.events),
        )

    def changes(self, known: Mapping[str, str]) -> dict[str, Any]:
        """Return what differs from what is known of the page: the order of all parts, and those that are new.

        Args:
            known: The checksums of the parts that are known, by their ids.
        """
        every = [part for parts in self.parts.values() for part in parts]
        return {
            "order": {name: [part.id for part in parts] for name, parts in self.parts.items()},
            "parts": [part.content() for part in every if known.get(part.id) != part.digest],
        }

    @property
    def digests(self) -> dict[str, str]:
        """The checksums of all parts by their ids."""
        return {part.id: part.digest for parts in self.parts.values() for part in parts}
