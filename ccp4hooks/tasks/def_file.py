"""What is wrong with a task's def file: told by file, line and element.

CCP4i2 3.0.1 passes over all of it but broken XML: it skips elements without a name, takes unknown classes for texts,
and keeps qualifiers that nobody reads.

Source: ``ccp4i2.core.task_manager.def_xml_handler``, ``ccp4i2.lib.utils.parameters.load_xml``, 3.0.1.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.parsers import expat

from ccp4hooks.errors import BadInputError, nearest
from ccp4hooks.i2 import containers
from ccp4hooks.i2.safe_xml import require_plain_xml
from ccp4hooks.tasks import def_qualifiers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

ELEMENTS: Mapping[str, tuple[str, ...]] = {
    "ccp4i2": ("ccp4i2_header", "ccp4i2_body"),
    "ccp4i2_body": ("container", "file", "ccp4i2_body"),
    "container": ("content", "container", "qualifiers", "file", "ccp4i2_body"),
    "content": ("className", "qualifiers", "subItem"),
    "subItem": ("className", "qualifiers"),
}
"""What CCP4i2 reads inside of each element; it passes over all others."""

NEAR = 0.8
"""From which similarity on an unknown qualifier is taken for a known one misspelt."""


@dataclass(slots=True)
class _Element:
    tag: str
    line: int
    attributes: dict[str, str]
    children: list[_Element] = field(default_factory=list)
    text: str = ""

    @property
    def id(self) -> str:
        return self.attributes.get("id", "")

    @property
    def name(self) -> str:
        """What a person finds it by."""
        return f'<{self.tag} id="{self.id}">' if self.id else f"<{self.tag}>"

    def child(self, tag: str) -> _Element | None:
        return next((child for child in self.children if child.tag == tag), None)


def faults(path: Path) -> list[str]:
    """Return what is wrong with a def file, one line each: file, line, element, what, and what to do."""
    try:
        require_plain_xml(path)
    except BadInputError as error:
        cure = "Correct it there." if "is not XML" in str(error) else "Give another."
        return [f"its def file {error} {cure}"]
    root = _read(path)
    return [f"its def file {path}, line {at.line}, {at.name}: {what}" for at, what in _of_root(root)]


def _read(path: Path) -> _Element:
    parser = expat.ParserCreate()
    top = _Element("", 0, {})
    stack = [top]

    def start(tag: str, attributes: dict[str, str]) -> None:
        element = _Element(tag, parser.CurrentLineNumber, attributes)
        stack[-1].children.append(element)
        stack.append(element)

    def characters(text: str) -> None:
        stack[-1].text += text

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: stack.pop()
    parser.CharacterDataHandler = characters
    with path.open("rb") as stream:
        parser.ParseFile(stream)
    return top.children[0]


def _of_root(root: _Element) -> Iterator[tuple[_Element, str]]:
    if root.tag.rpartition(":")[2] != "ccp4i2":
        yield root, "a def file begins with <ccp4i2>. Begin it so, or give another file."
        return
    spaced = next((one for one in _all(root) if "xmlns" in one.attributes), None)
    if spaced is not None:
        yield spaced, "CCP4i2 finds nothing in a default namespace. Take its xmlns out."
        return
    if root.child("ccp4i2_body") is None:
        yield root, "it has no <ccp4i2_body>, so the task has no parameters. Add one, with containers in it."
    inherits = any(one.tag == "file" for one in _all(root))
    yield from _unknown(root, "ccp4i2")
    for body in root.children:
        if body.tag == "ccp4i2_body":
            yield from _of_group(body, inherits=inherits)


def _all(element: _Element) -> Iterator[_Element]:
    yield element
    for child in element.children:
        yield from _all(child)


def _of_group(element: _Element, *, inherits: bool) -> Iterator[tuple[_Element, str]]:
    """Yield what is wrong with a body or a container and all in it."""
    yield from _unknown(element, element.tag)
    yield from _twice(element)
    for child in element.children:
        if child.tag in ("container", "content"):
            yield from _of_id(child)
        if child.tag in ("container", "ccp4i2_body"):
            yield from _of_group(child, inherits=inherits)
        elif child.tag == "content":
            yield from _of_content(child, inherits=inherits)


def _unknown(element: _Element, tag: str) -> Iterator[tuple[_Element, str]]:
    for child in element.children:
        if child.tag not in ELEMENTS[tag]:
            near = nearest(child.tag, ELEMENTS[tag])
            cure = f"Did you mean <{near[0]}>?" if near else "Take it out."
            yield child, f"CCP4i2 passes over this inside of {element.name}. {cure}"


def _twice(element: _Element) -> Iterator[tuple[_Element, str]]:
    lines: dict[str, int] = {}
    for child in element.children:
        if child.tag in ("container", "content") and child.id:
            if child.id in lines:
                yield child, f"the id stands in line {lines[child.id]} already. Give one of the two another."
            lines.setdefault(child.id, child.line)


def _of_id(element: _Element) -> Iterator[tuple[_Element, str]]:
    if not element.id:
        yield element, 'it has no id, so CCP4i2 passes over it. Give it one: id="NAME".'
    elif not element.id.isidentifier():
        yield element, "its id is no name. Use letters, digits and '_' only, not beginning with a digit."


def _of_content(content: _Element, *, inherits: bool) -> Iterator[tuple[_Element, str]]:
    yield from _unknown(content, "content")
    named = content.child("className")
    if named is None and inherits:
        # It changes qualifiers of one that an included file declares.
        return
    kind, wrong = _class_of(content, named)
    yield from wrong
    if kind is not None:
        yield from _of_qualifiers(content, kind)
        yield from _of_items(content, kind)


def _class_of(owner: _Element, named: _Element | None) -> tuple[str | None, list[tuple[_Element, str]]]:
    if named is None or not named.text.strip():
        return None, [(owner, "it has no <className>, so CCP4i2 passes over it. Add one: <className>CInt</className>.")]
    name = named.text.strip()
    kind = def_qualifiers.kind_of(name)
    if kind is not None and name == named.text:
        return kind, []
    if kind is not None:
        return None, [(named, f"there are blanks around {name}, which make it unknown. Take them out.")]
    near = nearest(name, [known for known in containers.def_file_classes() if not known.endswith("Stub")])
    meant = f"Did you mean {near[0]}?" if near else "Use one of CCP4i2's."
    return None, [(named, f"in {owner.name} there is no class {name!r}. {meant}")]


def _of_items(content: _Element, kind: str) -> Iterator[tuple[_Element, str]]:
    item = content.child("subItem")
    if item is None:
        return
    yield from _unknown(item, "subItem")
    if kind != "CList":
        yield item, f"{content.name} is no list, so CCP4i2 passes over it. Take it out, or make it a CList."
        return
    item_kind, wrong = _class_of(item, item.child("className"))
    yield from wrong
    if item_kind is not None:
        yield from _of_qualifiers(item, item_kind)


def _of_qualifiers(owner: _Element, kind: str) -> Iterator[tuple[_Element, str]]:
    listed = owner.child("qualifiers")
    children = listed.children if listed is not None else []
    for child in children:
        near = difflib.get_close_matches(child.tag, def_qualifiers.KNOWN, n=1, cutoff=NEAR)
        if child.tag not in def_qualifiers.KNOWN and near:
            yield child, f"in {owner.name} there is no qualifier of this name. Did you mean <{near[0]}>?"
    texts = {child.tag: child.text for child in children if not child.children}
    by_tag = {child.tag: child for child in children}
    for tag, what in def_qualifiers.faults(texts, kind):
        yield by_tag[tag], f"in {owner.name} {what}"
