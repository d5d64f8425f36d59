"""Find the faults of a task's def file, and report them with file, line and element.

CCP4i2 3.0.1 reports only invalid XML. It ignores elements without a name, treats unknown classes as text, and keeps
qualifiers that nothing reads.

Source: ``ccp4i2.core.task_manager.def_xml_handler``, ``ccp4i2.lib.utils.parameters.load_xml``, 3.0.1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.parsers import expat

from ccp4hooks.errors import BadInputError, nearest
from ccp4hooks.i2 import containers, versions
from ccp4hooks.i2.safe_xml import require_plain_xml
from ccp4hooks.i2.tasks import def_qualifiers, task_data_types

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

ELEMENTS: Mapping[str, tuple[str, ...]] = {
    "ccp4i2": ("ccp4i2_header", "ccp4i2_body"),
    "ccp4i2_body": ("container", "file", "ccp4i2_body"),
    "container": ("content", "container", "qualifiers", "file", "ccp4i2_body"),
    "content": ("className", "qualifiers", "subItem"),
    "subItem": ("className", "qualifiers"),
}
"""The elements that CCP4i2 reads inside each element. It ignores all others."""


@dataclass(slots=True)
class _Element:
    """An XML element with the line where it begins."""

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
        """The text by which a person finds the element."""
        return f'<{self.tag} id="{self.id}">' if self.id else f"<{self.tag}>"

    def child(self, tag: str) -> _Element | None:
        return next((child for child in self.children if child.tag == tag), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What is wrong with a def file, one line each, with the file, the line, the element and the cure.

    Attributes:
        faults: Why the task cannot be used as its author means it. A data class that was left out is named once.
        warnings: What has no effect. A qualifier may be one that only a later version of CCP4i2 or the author's own
            GUI reads, so the task can be used. They are looked for if there is no fault.
    """

    faults: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def findings(path: Path) -> Findings:
    """Return what is wrong with a def file, which may name the data classes that plugins have registered."""
    try:
        require_plain_xml(path)
    except BadInputError as error:
        return Findings(faults=(f"its def file {error}",))
    root = _read(path)
    found = _lines(path, _of_root(root))
    return Findings(faults=found) if found else Findings(warnings=_lines(path, _without_effect(root)))


def _lines(path: Path, found: Iterable[tuple[_Element, str]]) -> tuple[str, ...]:
    by_place = ((f"its def file {path}, line {at.line}, {at.name}: {text}", text) for at, text in found)
    told: set[str] = set()
    return tuple(line for line, text in by_place if not _is_told(text, told))


def _is_told(text: str, told: set[str]) -> bool:
    """Return whether a text about a data class that was left out was told before, and remember it."""
    _, named, reason = text.partition(_CANNOT_BE_USED)
    if not named:
        return False
    is_told = reason in told
    told.add(reason)
    return is_told


_CANNOT_BE_USED = "has a class that cannot be used: "


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
        yield root, "the root element must be <ccp4i2>. Correct it, or give another file."
        return
    with_namespace = next((one for one in _all(root) if "xmlns" in one.attributes), None)
    if with_namespace is not None:
        yield with_namespace, "CCP4i2 finds no elements in a default namespace. Remove the attribute xmlns."
        return
    if root.child("ccp4i2_body") is None:
        yield root, "it has no <ccp4i2_body>, so the task has no parameters. Add one with the containers."
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
    """Yield the faults of a body or a container and its content."""
    yield from _unknown(element, element.tag)
    yield from _duplicates(element)
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
            cure = f"Did you mean <{near[0]}>?" if near else "Remove it."
            yield child, f"CCP4i2 ignores this element inside {element.name}. {cure}"


def _duplicates(element: _Element) -> Iterator[tuple[_Element, str]]:
    lines: dict[str, int] = {}
    for child in element.children:
        if child.tag in ("container", "content") and child.id:
            if child.id in lines:
                yield child, f"the id is already used in line {lines[child.id]}. Give one of the two another id."
            lines.setdefault(child.id, child.line)


def _of_id(element: _Element) -> Iterator[tuple[_Element, str]]:
    if not element.id:
        yield element, 'it has no id, so CCP4i2 ignores it. Give it one: id="NAME".'
    elif not element.id.isidentifier():
        yield element, "its id is not a valid name. Use only letters, digits and '_', and no digit at the beginning."


def _of_content(content: _Element, *, inherits: bool) -> Iterator[tuple[_Element, str]]:
    yield from _unknown(content, "content")
    named = content.child("className")
    if named is None and inherits:
        # It changes the qualifiers of an element that an included file declares.
        return
    kind, faults_of_class = _class_of(content, named)
    yield from faults_of_class
    if kind is not None:
        yield from _of_qualifiers(content, kind)
        yield from _of_items(content, kind)


def _class_of(owner: _Element, named: _Element | None) -> tuple[str | None, list[tuple[_Element, str]]]:
    if named is None or not named.text.strip():
        return None, [(owner, "it has no <className>, so CCP4i2 ignores it. Add one: <className>CInt</className>.")]
    name = named.text.strip()
    kind = def_qualifiers.kind_of(name)
    if kind is not None and name == named.text:
        return kind, []
    if kind is not None:
        return None, [(named, f"CCP4i2 does not recognize {name} with blanks around it. Remove the blanks.")]
    left_out = task_data_types.why_left_out(name)
    if left_out:
        return None, [(named, f"{owner.name} {_CANNOT_BE_USED}{left_out}")]
    near = nearest(name, [known for known in containers.def_file_classes() if not known.endswith("Stub")])
    cure = f"Did you mean {near[0]}?" if near else "Use a class of CCP4i2."
    return None, [(named, f"CCP4i2 has no class {name!r}, named in {owner.name}. {cure}")]


def _of_items(content: _Element, kind: str) -> Iterator[tuple[_Element, str]]:
    item = content.child("subItem")
    if item is None:
        return
    yield from _unknown(item, "subItem")
    if kind != "CList":
        yield item, f"{content.name} is not a list, so CCP4i2 ignores this element. Remove it, or use the class CList."
        return
    item_kind, faults_of_class = _class_of(item, item.child("className"))
    yield from faults_of_class
    if item_kind is not None:
        yield from _of_qualifiers(item, item_kind)


def _of_qualifiers(owner: _Element, kind: str) -> Iterator[tuple[_Element, str]]:
    listed = owner.child("qualifiers")
    children = listed.children if listed is not None else []
    for child in children:
        near = def_qualifiers.meant(child.tag)
        if near:
            yield child, f"{owner.name} has an unknown qualifier. Did you mean <{near}>?"
    texts = {child.tag: child.text for child in children if not child.children}
    by_tag = {child.tag: child for child in children}
    for tag, fault in def_qualifiers.faults(texts, kind):
        yield by_tag[tag], f"in {owner.name} {fault}"


def _without_effect(root: _Element) -> Iterator[tuple[_Element, str]]:
    """Yield the qualifiers that nothing reads."""
    for owner in _all(root):
        if owner.tag not in ("container", "content", "subItem"):
            continue
        named, listed = owner.child("className"), owner.child("qualifiers")
        name = named.text if named is not None else ""
        of_plugin = versions.task_data_classes().get(name)
        own = def_qualifiers.own_qualifiers(of_plugin) if of_plugin is not None else ()
        for unread in sorted(def_qualifiers.UNREAD.keys() & own):
            cure = f"Did you mean {def_qualifiers.UNREAD[unread]!r}?"
            yield named or owner, f"nothing in CCP4i2 reads the qualifier {unread!r} of the class {name}. {cure}"
        kind = def_qualifiers.kind_of(name) if name else None
        for child in listed.children if listed is not None else ():
            text = "" if child.tag in own else def_qualifiers.useless(child.tag, kind)
            if text:
                yield child, f"in {owner.name} {text}"
