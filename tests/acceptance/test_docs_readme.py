"""The README: its blocks are parts of real output, and its plugin runs."""

import re

from architecture.sources import ROOT

from ccp4hooks.cli import COMMANDS

README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(name):
    (found,) = re.findall(rf"<!-- {name} -->\n```\w+\n(.*?)```\n<!-- /{name} -->", README, re.DOTALL)
    return found


def lines_of(text):
    """The lines of a report without its durations, its directories and the widths of its columns."""
    text = re.sub(r"\d+\.\d\d s", "N s", text)
    text = re.sub(r"^(Project \w+ in|Report in) .*$", r"\1 DIR", text, flags=re.MULTILINE)
    return [" ".join(line.split()) for line in text.splitlines()]


def is_part_of(part, whole):
    """Whether the lines of a part occur in the whole, in the same order."""
    rest = iter(whole)
    return all(line in rest for line in part)


def test_the_output_of_the_demo_in_the_readme_is_a_part_of_the_real_one(demo):
    assert is_part_of(lines_of(block("demo")), lines_of(demo.finished.stdout))


def test_the_plugin_in_the_readme_prints_the_output_in_the_readme(command, data, tmp_path):
    (tmp_path / "site_gleaner.py").write_text(block("plugin"), encoding="utf-8")
    (tmp_path / "model.pdb").write_bytes((data / "chainsaw" / "test_data" / "1a80_A.pdb").read_bytes())
    (words,) = re.findall(r"^ccp4hooks (-p site_gleaner run .*)$", README, re.MULTILINE)
    done = command(*words.split(), PYTHONPATH=tmp_path)
    assert done.returncode == 0, done.stderr
    assert is_part_of(lines_of(block("plugin-output")), lines_of(done.stdout))


def test_every_command_is_in_a_group_of_the_readme():
    _, _, section = README.partition("## Commands\n")
    rows = [line for line in section.splitlines() if line.startswith("| ")][1:]
    listed = [name for row in rows for name in re.findall(r"`([\w-]+)`", row)]
    assert sorted(listed) == sorted(COMMANDS)
