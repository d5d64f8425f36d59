"""The page on containers: its program prints what the page says, and its table names every function."""

import re
from pathlib import Path

from ccp4hooks import cdata

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "cdata.md").read_text(encoding="utf-8")


def block(language):
    return re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)[1]


def test_the_program_prints_what_the_page_says(capsys):
    exec(compile(block("python"), "cdata.md", "exec"), {})  # noqa: S102 - our own page
    assert capsys.readouterr().out == block("text")


def test_every_function_is_in_the_table():
    listed = set(re.findall(r"^\| `(\w+)\(", PAGE, re.MULTILINE))
    assert listed == {name for name in cdata.__all__ if name.islower()}
