"""Where the live page listens."""

import socket

import pytest

from ccp4hooks import BadInputError
from ccp4hooks.serving import server


@pytest.fixture
def place():
    """Listens; the sockets are closed at the end."""
    made = []

    def listen(*given, **options):
        made.append(server.listen(*given, **options))
        return made[-1]

    yield listen
    for one in made:
        one.listener.close()


def test_the_first_free_port_is_taken_unless_one_is_chosen(place):
    first, second = place(), place()
    assert server.PORT <= first.port < second.port < server.PORT + server.PORTS
    with pytest.raises(BadInputError, match=f"Port {first.port} of 127.0.0.1 is in use. Give another one with --port"):
        place(port=first.port)


def test_the_address_has_a_new_token_and_is_of_this_machine_only(place):
    first, second = place(port=0), place(port=0)
    assert first.token != second.token
    assert first.address == f"http://127.0.0.1:{first.port}/{first.token}/"
    assert first.is_local
    assert first.door.names == {"localhost", "127.0.0.1", "[::1]"}
    assert place(port=0, has_token=False).address.endswith("/")


def test_other_machines_need_the_token(place):
    everywhere = place("0.0.0.0", 0)  # noqa: S104 - it is what is tested
    assert not everywhere.is_local
    assert everywhere.address.startswith(f"http://{socket.gethostname()}:")
    assert socket.gethostname().lower() in everywhere.door.names
    with pytest.raises(BadInputError, match="and would need no token"):
        place("0.0.0.0", 0, has_token=False)  # noqa: S104


@pytest.mark.parametrize("host", ["203.0.113.7", "no such name", "x" * 300, "\u2028", "::g", "a..b"])
def test_what_is_no_address_of_this_machine_is_refused(place, host):
    with pytest.raises(BadInputError, match="is no address of this machine"):
        place(host)
