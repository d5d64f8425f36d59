"""The page of the qualifiers of def files lists those that are known, with the classes for which they are read."""

import re
from pathlib import Path

from ccp4hooks.i2.tasks.def_file import findings
from ccp4hooks.i2.tasks.def_qualifiers import KNOWN, UNREAD, USED_FOR

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "def-files.md").read_text(encoding="utf-8")
ROWS = [
    (re.findall(r"`(\w+)`", names), classes.strip(), meaning)
    for names, classes, meaning in re.findall(r"^\| (`[^|]*)\|([^|]*)\|([^|]*)\|", PAGE, re.MULTILINE)
]


def test_the_page_lists_each_known_qualifier_once():
    assert sorted(name for names, _, _ in ROWS for name in names) == sorted(KNOWN)


def test_the_page_gives_the_classes_for_which_a_qualifier_is_read():
    words = {
        name: ", ".join("files" if kind == "other" else kind for kind in kinds) for name, kinds in USED_FOR.items()
    }
    assert {name: classes for names, classes, _ in ROWS for name in names} == dict.fromkeys(KNOWN, "any") | words


def test_the_page_says_which_qualifier_is_meant_by_one_that_nothing_reads():
    said = {name: meaning for names, _, meaning in ROWS for name in names}
    assert all(said[name].startswith(" nothing: use ") and f"`{meant}`" in said[name] for name, meant in UNREAD.items())


def test_the_warning_on_the_page_is_that_of_ccp4hooks(tmp_path):
    (shown,) = re.findall(r"<!-- warning -->\n```text\n(.*)\n```", PAGE)
    path = tmp_path / "site_count.def.xml"
    content = '<content id="NCYC"><className>CInt</className><qualifiers>\n<minimum>1</minimum></qualifiers></content>'
    blank = "\n" * 20
    body = f'<ccp4i2_body id="t">{blank}<container id="controlParameters">{content}</container></ccp4i2_body>'
    path.write_text(f"<ccp4i2>{body}</ccp4i2>")
    assert [line.replace(str(path), "/site/site_count.def.xml") for line in findings(path).warnings] == [shown]
