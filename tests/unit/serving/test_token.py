"""The token, without which nobody may look at the live page."""

import pytest
from unit.serving.conftest import Client

from ccp4hooks.serving.access import LOCAL, Door
from ccp4hooks.serving.app import Application

TOKEN = "a-token_of_24_bytes"  # noqa: S105 - of this test


@pytest.fixture
def door():
    return Door(names=LOCAL, token=TOKEN, cookie="ccp4hooks_8055")


@pytest.mark.parametrize(
    "way",
    [
        {},
        {"params": {"token": ""}},
        {"params": {"token": TOKEN[:-1]}},
        {"params": {"token": f"{TOKEN}x"}},
        {"params": {"token": "\u2028\u00e9"}},
        {"params": {"Token": TOKEN}},
        {"headers": {"Authorization": "Bearer wrong"}},
        {"headers": {"Authorization": f"Basic {TOKEN}"}},
        {"headers": {"Cookie": "ccp4hooks_8055=wrong"}},
        {"headers": {"Cookie": f"ccp4hooks_8056={TOKEN}"}},
        {"headers": {"Cookie": b"\x80\x81;=;;"}},
    ],
)
def test_without_the_token_nothing_is_shown(ask, refined, way):
    for path in ("/", "/events", f"/projects/{refined.uuid}", "/nothing"):
        answer = ask.get(path, **way)
        assert (answer.status_code, "demo" in answer.text) == (401, False)
        assert "set-cookie" not in answer.headers


def test_the_token_moves_from_the_address_into_a_cookie(ask, refined):
    answer = ask.get(f"/projects/{refined.uuid}", params={"page": "1", "token": TOKEN})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/projects/{refined.uuid}?page=1")
    assert answer.headers["set-cookie"] == f"ccp4hooks_8055={TOKEN}; HttpOnly; Path=/; SameSite=lax"
    assert ask.get("/").status_code == 200


def test_the_token_leads_to_no_other_server(ask):
    answer = ask.get(f"http://localhost:8055//evil.example/?token={TOKEN}")
    assert answer.headers["location"] == "/evil.example/"


def test_programs_give_the_token_in_a_header(ask, refined):
    assert ask.get("/", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_with_other_machines_addresses_are_answered_and_foreign_names_are_not(session, refined):
    door = Door(names=LOCAL | {"beamline.example"}, token=TOKEN)
    application = Application(session)
    client = Client(application.guarded(door), headers={"Authorization": f"Bearer {TOKEN}"})
    hosts = ("beamline.example:8055", "192.168.1.1:8055", "[fe80::1]:8055", "evil.example")
    answers = {host: client.get("/", headers={"Host": host}).status_code for host in hosts}
    client.close()
    application.close()
    assert list(answers.values()) == [200, 200, 200, 400]
