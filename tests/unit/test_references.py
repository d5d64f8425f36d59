"""What CCP4i2 and plugins say is to be cited for a task, and the formats in which it is written."""

from dataclasses import replace
from pathlib import Path

import ccp4i2
import pytest
from ccp4i2.core import tasks

from ccp4hooks import BadInputError, Citation, TaskDescription
from ccp4hooks.exchange.bibliography import bibtex, ris
from ccp4hooks.i2 import versions
from ccp4hooks.i2.references import references
from ccp4hooks.i2.tasks import task_table
from ccp4hooks.tasks.resolve import resolved

FOLDER = Path(ccp4i2.__file__).parent / "references"
MEDLINE = sorted(path.name.removesuffix(".medline.txt") for path in FOLDER.glob("*.medline.txt"))


def test_each_reference_that_ccp4i2_reads_is_read():
    """CCP4i2 reads the first line of a title."""
    from ccp4i2.report.metadata import ReferenceGroup

    assert len(MEDLINE) >= 34
    for name in MEDLINE:
        group = ReferenceGroup()
        # 3.1 knows that some tasks cite others.
        (group.loadFromMedLine if versions.is_3_0() else group.loadFromTask)(name)
        ours = [one.title for one in references(name)]
        for known in group.children:
            title = " ".join((known.articleTitle or "").split()).removesuffix(".")
            assert any(one.startswith(title) for one in ours), (name, title)


def test_a_reference_has_what_a_paper_needs():
    found = {one.pubmed_id: one for one in references("refmac")}
    one = found["21460454"]
    assert (one.title, one.year, one.volume, one.issue) == (
        "REFMAC5 for the refinement of macromolecular crystal structures",
        2011,
        "67",
        "Pt 4",
    )
    assert one.doi == "10.1107/S0907444911001314"
    assert one.authors[0].startswith("Murshudov, G")
    assert one.url == "https://doi.org/10.1107/S0907444911001314"


def test_a_title_of_several_lines_is_read_as_a_whole():
    titles = [one.title for task in tasks.TASKS for one in references(task)]
    assert not [title for title in titles if title.endswith((" and", " of", " the", ":"))]


def test_a_task_cites_what_its_version_of_ccp4i2_says():
    """3.1 has a table of tasks that cite what others do."""
    phaser = [one.title for one in references("phaser_MR_FRF")]
    assert phaser == ([] if versions.is_3_0() else ["Phaser crystallographic software"])
    assert [one.journal for one in references("nucleofind")] == ["Nucleic Acids Research"]
    assert references("buster")[0].title.startswith("BUSTER")


@pytest.mark.parametrize("task", ["", "../references/refmac", "no_such_task", "a\x00b", "x" * 5_000, "*"])
def test_a_task_without_references_has_none(task):
    assert references(task) == ()


CITATION = Citation(
    title="Of {R} & \\input{x}: 100 % of # _these_ ~ $1 ^",
    authors=("Doe, J.", "Group and Partners", "Doe, \u0130nan"),
    journal="J. Ex.",
    year=2026,
    pages="1-9",
    doi="10.1234/a_b",
)


def described(**fields):
    return TaskDescription(name="cited", title="", script="a:b", def_file=Path("/none"), **fields)


def test_a_task_of_a_plugin_cites_what_the_plugin_says():
    description = resolved(described(citations=[replace(CITATION, title=" On\n R ")]))
    task_table.add_task(description, "test")
    try:
        assert [one.title for one in references("cited")] == ["On R"]
    finally:
        task_table.remove_tasks(["cited"])
    assert references("cited") == ()


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ("a text", "its citations must be a tuple of Citation"),
        (("a text",), "its citations must be a tuple of Citation"),
        ((Citation(title=" "),), "it has no title"),
        ((Citation(title=7),), "its title must be a text"),
        ((replace(CITATION, authors="Doe"),), "its authors must be a tuple"),
        ((replace(CITATION, authors=("a",) * 1_001),), "it has 1001 authors"),
        ((replace(CITATION, authors=(None, 7)),), "its author must be a text"),
        ((replace(CITATION, year="2026"),), "its year cannot be '2026'"),
        ((replace(CITATION, year=20260),), "its year cannot be 20260"),
        ((replace(CITATION, doi='10.1/x" onclick="y'),), "its doi cannot be"),
        ((replace(CITATION, doi="javascript:alert(1)"),), "its doi cannot be"),
        ((replace(CITATION, pubmed_id="7/../8"),), "its pubmed_id cannot be"),
    ],
)
def test_references_of_a_plugin_that_cannot_be_cited_are_refused(given, fault):
    with pytest.raises(BadInputError, match=fault):
        resolved(described(citations=given))


def test_bibtex_has_no_command_from_a_text_and_each_entry_its_own_name():
    text = bibtex([CITATION, CITATION, Citation(title="Unbalanced } \x1b[31m", year=2020)])
    assert "\\input" not in text
    assert "\x1b" not in text
    assert (
        r"\& \textbackslash{}input\textbraceleft{}x\textbraceright{}: 100 \% of \# \_these\_ \textasciitilde{} \$1"
        in text
    )
    assert "author = {Doe, J. and {Group and Partners} and Doe, \u0130nan}" in text
    assert [line for line in text.splitlines() if line.startswith("@")] == [
        "@article{Doe2026,",
        "@article{Doe2026-2,",
        "@misc{Unbalanced2020,",
    ]
    assert all(entry.count("{") == entry.count("}") for entry in text.split("@")[1:])


def test_ris_has_one_field_a_line():
    lines = ris([CITATION, replace(CITATION, title="a\nER  - \x85b")]).splitlines()
    assert lines.count("ER  -") == 2
    assert all(line[2:6] == "  - " or line in ("ER  -", "") for line in lines)
    assert lines[:4] == ["TY  - JOUR", "AU  - Doe, J.", "AU  - Group and Partners", "AU  - Doe, \u0130nan"]
