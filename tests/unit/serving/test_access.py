"""Who may look at the live page: requests that are refused, each of a kind of its own."""

import pytest

VISIT = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


def test_a_browser_of_this_machine_is_answered(ask, refined):
    answer = ask.get("/", headers={"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"})
    assert (answer.status_code, "demo" in answer.text) == (200, True)
    assert ask.request("HEAD", "/").status_code == 200
    # A link in a mail leads here; a script of another site cannot read what it shows.
    assert ask.get("/", headers=VISIT).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"])
def test_other_methods_are_refused(ask, refined, method):
    answer = ask.request(method, "/")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert "only shows" in answer.text


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8055",
        "localhost.evil.example",
        "localhost:8055.evil.example",
        "user@localhost",
        "localhost:8055@evil.example",
        "192.168.1.1:8055",
        "127.0.0.1.evil.example",
        "[::1",
        "localhost:port",
        "local host",
        "",
    ],
)
def test_foreign_names_are_refused(ask, refined, host):
    answer = ask.get("/", headers={"Host": host})
    assert (answer.status_code, "demo" in answer.text) == (400, False)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8055", "127.0.0.1:9999", "[::1]:8055"])
def test_names_of_this_machine_are_answered_on_any_port(ask, refined, host):
    assert ask.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:9999"},
        {"Origin": "http://localhost:8055.evil.example"},
        {"Origin": "http://[::1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
        {**VISIT, "Sec-Fetch-Dest": "iframe"},
    ],
)
def test_pages_of_other_sites_are_refused(ask, refined, headers):
    answer = ask.get("/", headers=headers)
    assert (answer.status_code, "demo" in answer.text) == (403, False)


def test_pages_of_this_server_are_answered(ask, refined):
    own = {"Origin": "http://localhost:8055", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}
    assert ask.get("/", headers=own).status_code == 200


def test_every_answer_closes_the_page_to_others(ask, refined):
    for answer in (ask.get("/"), ask.get("/nothing"), ask.request("POST", "/")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"
        assert not [name for name in answer.headers if name.startswith("access-control")]
