"""Lists as lines with aligned columns."""

from ccp4hooks.cli.listing import aligned


def test_headings_and_values_cannot_control_the_terminal():
    lines = aligned(("Job", "\x1b[31mkey"), [("1", "a\nb"), ("2", "")])
    assert [line.plain for line in lines] == ["Job  \\x1b[31mkey", "1    a\\nb", "2"]
