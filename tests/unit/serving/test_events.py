"""What the browser is told: parts of a page that have changed, and why they cannot be read."""

import asyncio
import json

import pytest

from ccp4hooks import StoreError
from ccp4hooks.serving import events
from ccp4hooks.serving.parts import Page, Part


def page(**rows):
    """A page with a table of these rows."""
    return Page(
        template="live_projects.html",
        content={},
        parts={"rows": [Part(id=name, tag="tr", html=text) for name, text in rows.items()]},
    )


@pytest.fixture
def told(monkeypatch):
    """Returns the events of a page that is these, one after the other."""
    monkeypatch.setattr(events, "POLL_S", 0)

    def collect(*pages):
        left = list(pages)

        async def make():
            made = left.pop(0)
            if isinstance(made, Exception):
                raise made
            return made

        async def every():
            return [one async for one in events.changes(make, lambda: not left)]

        return [parsed(one) for one in asyncio.run(every())]

    return collect


def parsed(text):
    name, data, *rest = text.split("\n")
    assert (name[:7], data[:6], rest) == ("event: ", "data: ", ["", ""])
    return name[7:], json.loads(data[6:])


def test_the_first_event_has_all_parts_and_others_only_those_that_changed(told):
    first, second, third = told(page(a="1", b="2"), page(a="1", b="3"), page(a="1", b="3"), page(c="<b>", a="1"))
    assert [name for name, _ in (first, second, third)] == ["parts"] * 3
    assert [part["id"] for part in first[1]["parts"]] == ["a", "b"]
    assert [(part["id"], part["html"]) for part in second[1]["parts"]] == [("b", "3")]
    assert (third[1]["order"], [part["id"] for part in third[1]["parts"]]) == ({"rows": ["c", "a"]}, ["c"])


def test_a_database_that_goes_away_is_told_once_and_its_return_too(told):
    away = StoreError("The file /x\x1b does not exist.")
    made = told(page(a="1"), away, away, page(a="1"), away, page(a="2"))
    assert [name for name, _ in made] == ["parts", "lost", "parts", "lost", "parts"]
    assert made[1][1] == "The file /x\\x1b does not exist."
    assert made[2][1]["parts"] == []
    assert [part["html"] for part in made[4][1]["parts"]] == ["2"]


def test_a_sign_of_life_is_sent_when_nothing_changes(monkeypatch):
    monkeypatch.setattr(events, "POLL_S", 0)
    monkeypatch.setattr(events, "SIGN_S", 0)

    async def make():
        return page(a="1")

    async def three():
        made = events.changes(make, lambda: False)
        return [await anext(made) for _ in range(3)]

    assert asyncio.run(three())[1:] == [events.SIGN] * 2


def test_a_log_begins_anew_and_ends_with_its_job(monkeypatch):
    pieces = (piece for piece in ["", "one\n", "", "\x1b[31mtwo\n"])

    async def step(function, *given):
        return function(*given)

    async def every():
        return [parsed(one) async for one in events.log_events(pieces, step)]

    assert asyncio.run(every()) == [
        ("text", {"text": "", "is_first": True}),
        ("text", {"text": "one\n", "is_first": False}),
        ("text", {"text": "\\x1b[31mtwo\n", "is_first": False}),
        ("end", ""),
    ]


def test_a_log_that_nobody_reads_any_more_is_closed():
    closed = []

    def pieces():
        try:
            while True:
                yield "one\n"
        finally:
            closed.append(1)

    async def step(function, *given):
        return function(*given)

    async def first():
        made = events.log_events(pieces(), step)
        await anext(made)
        await made.aclose()

    asyncio.run(first())
    assert closed == [1]
