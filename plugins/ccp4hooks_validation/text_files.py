"""Check that a file of a type that is text, such as a sequence, is not a file of another format.

Such types have no format of their own, or many. What is refused is only what is certain: a file in a format that is
known here, such as an MTZ file, or one that is no text at all.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from ccp4hooks_validation import formats
from ccp4hooks_validation.finding import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """A type of text.

    Attributes:
        message: What a file of another format is not, or does not contain.
        cure: What to give instead.
        wanted: Formats of such files that are known here.
    """

    message: str
    cure: str
    wanted: tuple[formats.Format, ...] = ()


_ANY_TEXT = (formats.OLD_MAC, formats.UNKNOWN_TEXT)

_KINDS = {
    "application/CCP4-seq": _Kind(
        message="is not a sequence.",
        cure="Give a sequence, for instance in FASTA or PIR format.",
        wanted=(*_ANY_TEXT, formats.SEQUENCE),
    ),
    "application/CCP4-seqalign": _Kind(
        message="is not an alignment of sequences.",
        cure="Give an alignment, for instance in Clustal or FASTA format.",
        wanted=(*_ANY_TEXT, formats.SEQUENCE),
    ),
    "application/CCP4-asu-content": _Kind(
        message="is not an AU contents file.",
        cure="Give an AU contents file. The task ProvideAsuContents makes one from sequences.",
        wanted=(formats.XML,),
    ),
    "application/refmac-TLS": _Kind(
        message="contains no TLS groups.", cure="Give a file with TLS groups.", wanted=_ANY_TEXT
    ),
    "application/refmac-keywords": _Kind(
        message="contains no keywords.", cure="Give a text file with keywords.", wanted=_ANY_TEXT
    ),
    "application/refmac-external-restraints": _Kind(
        message="contains no restraints.", cure="Give a text file with restraints.", wanted=_ANY_TEXT
    ),
}


def check_text(kind: str, head: bytes) -> list[Finding]:
    """Return the faults of a file of a type that is text; none for any other type.

    Args:
        kind: The MIME type.
        head: The beginning of the file.
    """
    of_kind = _KINDS.get(kind)
    if of_kind is None:
        return []
    if not head.strip():
        return [Finding(message=f"{of_kind.message} It has only blank lines.", cure=of_kind.cure)]
    actual = formats.recognised(head)
    if actual is None:
        return [Finding(message=f"{of_kind.message} It is not text.", cure=of_kind.cure)]
    if actual not in of_kind.wanted or (actual == formats.XML and b"<seqList" not in head):
        which = "another XML file" if actual in of_kind.wanted else actual.name
        own_cure = "" if actual in of_kind.wanted else actual.cure
        return [Finding(message=f"{of_kind.message} It is {which}.", cure=own_cure or of_kind.cure)]
    if actual != formats.XML and not _is_utf8(head):
        message = "contains characters that are not valid UTF-8, because of which programs may not read it."
        return [Finding.warning(message, "Save it as UTF-8.", refuses_request=True)]
    return []


def _is_utf8(head: bytes) -> bool:
    """Return whether the beginning of a file is UTF-8. The last character may be cut."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True
