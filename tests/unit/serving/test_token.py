"""The token, without which nobody may look at the live page."""

import re

import pytest
from unit.serving.conftest import Client

from ccp4hooks.serving.access import LOCAL, Door
from ccp4hooks.serving.app import Application

TOKEN = "a-token_of_24_bytes"  # noqa: S105 - of this test


@pytest.fixture
def door():
    return Door(names=LOCAL, token=TOKEN)


@pytest.mark.parametrize(
    ("path", "way"),
    [
        ("", {}),
        ("/", {}),
        (f"/{TOKEN[:-1]}", {}),
        (f"/{TOKEN}x", {}),
        (f"//{TOKEN}", {}),
        (f"/x/{TOKEN}", {}),
        (f"/{TOKEN.upper()}", {}),
        ("/\u2028\u00e9", {}),
        ("", {"params": {"token": TOKEN}}),
        ("", {"headers": {"Authorization": "Bearer wrong"}}),
        ("", {"headers": {"Authorization": f"Basic {TOKEN}"}}),
        ("", {"headers": {"Cookie": f"token={TOKEN}"}}),
        ("", {"headers": {"Referer": f"http://localhost:8055/{TOKEN}/"}}),
    ],
)
def test_without_the_token_nothing_is_shown(ask, refined, path, way):
    for page in ("/", "/events", f"/projects/{refined.uuid}", "/nothing"):
        answer = ask.get(f"http://localhost:8055{path}{page}", **way)
        assert (answer.status_code, "demo" in answer.text) == (401, False)


def test_every_address_of_a_page_has_the_token_and_no_cookie_has_it(ask, refined):
    for page in ("/", f"/projects/{refined.uuid}", f"/projects/{refined.uuid}/jobs/3", "/nothing"):
        answer = ask.get(f"/{TOKEN}{page}")
        assert answer.status_code == (404 if page == "/nothing" else 200)
        assert "set-cookie" not in answer.headers
        inside = [link for link in re.findall('href="([^"]*)"', answer.text) if not link.startswith("#")]
        assert inside
        assert [link for link in inside if not link.startswith(f"/{TOKEN}/")] == []
        assert ask.get(inside[-1]).status_code in {200, 404}


def test_programs_give_the_token_in_a_header(ask, refined):
    assert ask.get("/", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_with_other_machines_addresses_are_answered_and_foreign_names_are_not(session, refined):
    door = Door(names=LOCAL | {"beamline.example"}, token=TOKEN)
    application = Application(session, door.prefix)
    client = Client(application.guarded(door), headers={"Authorization": f"Bearer {TOKEN}"})
    hosts = ("beamline.example:8055", "192.168.1.1:8055", "[fe80::1]:8055", "evil.example")
    answers = {host: client.get("/", headers={"Host": host}).status_code for host in hosts}
    client.close()
    application.close()
    assert list(answers.values()) == [200, 200, 200, 400]
