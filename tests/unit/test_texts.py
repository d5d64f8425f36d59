"""Texts from data are made safe to print."""

import pytest
from click.testing import CliRunner

from ccp4hooks import printable, without_secrets
from ccp4hooks.cli import cli
from ccp4hooks.texts import shortened

LONG = "x" * 5_000


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain \u00e9 \u4e2d \\n", "plain \u00e9 \u4e2d \\n"),
        ("a\x1b[2J\x00\t\r\n", "a\\x1b[2J\\x00\\t\\r\\n"),
        ("\x7f\x80\x9b\x9f\xa0", "\\x7f\\x80\\x9b\\x9f\xa0"),
        ("\u202e\u2066\u200f\u061c\u2028", "\\u202e\\u2066\\u200f\\u061c\\u2028"),
        ("bad\udcff", "bad\\udcff"),
        (ValueError("x\x07"), "x\\x07"),
        ("", ""),
    ],
)
def test_control_characters_are_escaped(text, shown):
    assert printable(text) == shown
    printable(text).encode("utf-8")


def test_line_breaks_may_be_kept():
    assert printable("a\nb\r\x1b", lines=True) == "a\nb\\r\\x1b"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://ada:s3@h/p?token=1#f", "https://***@h/p?***"),
        ("https://token@h", "https://***@h"),
        ("https://ada:a@b/c?d@h/x", "https://***@h/x"),
        ("see http://h/p?key=1 or http://h/q.", "see http://h/p?*** or http://h/q."),
        ("postgresql://ada:s3@h:5432/i2", "postgresql://***@h:5432/i2"),
        ("postgresql://ada@h:5432/i2", "postgresql://ada@h:5432/i2"),
        ("postgresql://a@:5432/i2?host=/tmp/D-1_%20x: it", "postgresql://a@:5432/i2?host=/tmp/D-1_%20x: it"),
        ("postgresql://a@/i2?host=/tmp&password=s3", "postgresql://a@/i2?***"),
        ("postgresql://a@/i2?host=s3", "postgresql://a@/i2?***"),
        ("postgresql://h/i2?password=s3", "postgresql://h/i2?***"),
        ("postgresql://user:password@host:5432/name", "postgresql://user:password@host:5432/name"),
        ("sqlite:////data/db.sqlite3 ada@example.org", "sqlite:////data/db.sqlite3 ada@example.org"),
    ],
)
def test_passwords_and_tokens_of_urls_are_not_shown(text, shown):
    assert without_secrets(text) == shown


@pytest.mark.parametrize("unit", ["x://a:", "x://a@", "x://a?", "x://a", "x://?host=/a", "x://@", "://", "\0", "a?"])
def test_each_character_of_a_long_text_is_read_a_few_times_only(unit):
    # If each "://" had the rest of its word read again, these texts would take hours.
    without_secrets(unit * 200_000)
    without_secrets(f"{unit * 200_000}?host=/a")


@pytest.mark.parametrize(
    "words",
    [
        ["run", LONG],
        ["run", "freerflag", f"{LONG}=1"],
        ["run", "freerflag", f"F_SIGF={LONG}"],
        ["run", "freerflag", f"F_SIGF=@1.{LONG}"],
        ["run", "freerflag", LONG],
        ["jobs", LONG],
        ["show", "1", "--project", LONG],
        ["describe", LONG],
        ["new-plugin", LONG],
        ["plugins", "show", LONG],
        [LONG],
        ["--config", LONG, "jobs"],
    ],
)
def test_no_message_quotes_a_name_of_5000_characters(tmp_path, monkeypatch, words):
    monkeypatch.setenv("CCP4HOOKS_PLUGINS", "no:database")
    monkeypatch.setenv("CCP4I2_PROJECTS_DIR", str(tmp_path / "projects"))
    done = CliRunner().invoke(cli, words)
    assert done.exit_code in {2, 4}
    assert 100 < len(done.output) < 2_000
    assert "x" * 100 in done.stderr


def test_a_path_that_people_use_is_not_cut():
    path = "/".join(["", *["directory"] * 90])
    assert shortened(f"{path} is empty.") == f"{path} is empty."
