"""The reference page of the commands is the one that the commands give."""

from pathlib import Path

from ccp4hooks.cli import COMMANDS
from ccp4hooks.reference import commands as reference

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "commands.md"


def test_the_page_of_the_commands_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == reference.page(), reference.__doc__


def test_the_page_has_a_section_for_each_command():
    headings = [line for line in reference.page().splitlines() if line.startswith("## ")]
    subcommands = [line for line in headings[2:] if line.count(" ") > 1]
    of_projects = [f"## projects {name}" for name in ("create", "move", "rename", "show")]
    assert subcommands == ["## plugins show", *of_projects]
    assert [f"## {name}" for name in COMMANDS] == [line for line in headings[2:] if line not in subcommands]
