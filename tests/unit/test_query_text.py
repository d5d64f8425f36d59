"""Conditions that users write: what they mean, and where a message points if they cannot be read."""

from datetime import datetime, timedelta, timezone

import pytest

from ccp4hooks import BadInputError, JobStatus
from ccp4hooks.queries import query_text
from ccp4hooks.queries.query_text import condition

NOW = datetime(2026, 11, 28, 12, 30, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RFree<0.25", ("RFree", "<", 0.25)),
        (" RFree  >=  -1e-3 ", ("RFree", ">=", -0.001)),
        ("XYZOUT.meanB!=30", ("XYZOUT.meanB", "!=", 30.0)),
        ("ok=true", ("ok", "=", True)),
        ("spaceGroup=P 21 21 21", ("spaceGroup", "=", "P 21 21 21")),
        ("spaceGroup == '19'", ("spaceGroup", "==", "19")),
        ('text != "a<b"', ("text", "!=", "a<b")),
        ("'a<b' < 3", ("a<b", "<", 3.0)),
        ("empty=''", ("empty", "=", "")),
        ("it's=1", ("it's", "=", 1.0)),
    ],
)
def test_a_condition_has_a_key_an_operator_and_a_value(text, expected):
    found = condition(text)
    assert (found.key, found.operator, found.value) == expected
    assert type(found.value) is type(expected[2])


@pytest.mark.parametrize(
    ("text", "at", "what"),
    [
        ("RFree", 5, "has no operator"),
        ("", 0, "has no operator"),
        ("<0.25", 0, "must stand before <"),
        ("RFree<", 6, "A value must stand after <"),
        ("RFree<  ", 8, "A value must stand after <"),
        ("RFree<<0.25", 6, "one operator, not two"),
        ("0.2<RFree<0.3", 9, "one operator, not two"),
        ("RFree < abc", 8, "A number must stand after <"),
        ("RFree<nan", 6, "must be finite"),
        ("RFree<1e999", 6, "must be finite"),
        ("a='b", 2, "not closed"),
        ("a='b' c", 2, "not closed"),
        ("x" * 51 + "<1", 0, "at most 50 characters"),
    ],
)
def test_the_message_points_at_the_fault(text, at, what):
    with pytest.raises(BadInputError, match=what) as caught:
        condition(text)
    _, shown, mark, *_ = str(caught.value).splitlines()
    assert shown == f"    {text}"
    assert mark == f"{' ' * (4 + at)}^"


def test_of_a_long_condition_only_the_part_at_the_fault_is_shown():
    with pytest.raises(BadInputError) as caught:
        condition("a=" + "b" * 10_000 + "<" + "c" * 10_000)
    _, shown, mark, *_ = str(caught.value).splitlines()
    assert shown == f"    {'b' * 60}<{'c' * 59}"
    assert mark.index("^") == shown.index("<")


def test_control_characters_of_a_condition_are_escaped():
    with pytest.raises(BadInputError) as caught:
        condition("a\x1b[31m\u202e")
    assert "    a\\x1b[31m\\u202e\n" + " " * 19 + "^" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30min", NOW - timedelta(minutes=30)),
        ("12 h", NOW - timedelta(hours=12)),
        ("7d", NOW - timedelta(days=7)),
        ("2W", NOW - timedelta(weeks=2)),
        ("2026-11-27T10:00:00+02:00", datetime(2026, 11, 27, 8, tzinfo=timezone.utc)),
        ("2026-11-27", datetime(2026, 11, 27).astimezone()),
        ("today", NOW.astimezone().replace(hour=0, minute=0)),
        ("yesterday", NOW.astimezone().replace(hour=0, minute=0) - timedelta(days=1)),
    ],
)
def test_a_time_is_a_date_or_how_long_ago(text, expected):
    assert query_text.since(text, NOW) == expected


@pytest.mark.parametrize("text", ["", "soon", "7", "d", "2026-13-01", "999999w", "-1d", "7d ago"])
def test_a_text_that_is_no_time_is_refused(text):
    with pytest.raises(BadInputError, match=r"A time cannot be read:\n.*\n    \^\n  Write a date"):
        query_text.since(text, NOW)


def test_a_status_is_known_by_its_name():
    assert query_text.statuses(["finished", "Running remotely", JobStatus.FAILED]) == (
        JobStatus.FINISHED,
        JobStatus.RUNNING_REMOTELY,
        JobStatus.FAILED,
    )
    with pytest.raises(BadInputError, match="Unknown status 'finishd'; did you mean FINISHED"):
        query_text.statuses(["finishd"])


def test_a_minus_sorts_the_greatest_first():
    assert query_text.order("created") == ("created", False)
    assert query_text.order("-RFree") == ("RFree", True)
    for text in ("", "-", " - ", "x" * 51):
        with pytest.raises(BadInputError, match="cannot be sorted by this"):
            query_text.order(text)
