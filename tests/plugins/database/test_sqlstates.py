"""What a PostgreSQL server means is known by its SQLSTATE, in any language, and said with a cure."""

import socket
import struct
import threading
from contextlib import contextmanager, suppress

import psycopg
import pytest

from ccp4hooks import Settings, StoreError, StoreUnavailableError, open_session
from ccp4hooks_database.connection.pool import POOL

pytestmark = pytest.mark.postgresql


def said(tmp_path, url, work=lambda session: session.projects()):
    """The kind and the message of the error of a session, without the message of the server."""
    session = open_session(Settings(projects_dir=tmp_path, database=url))
    with pytest.raises(StoreError) as error:
        work(session)
    return type(error.value), str(error.value).partition(" (Its message: ")[0]


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CCP4I2_HOME", str(tmp_path / "home"))
    yield
    POOL.close()


@pytest.fixture
def url(server, postgresql_template):
    return server.new(postgresql_template)


@pytest.fixture
def administrator(server, url):
    with psycopg.connect(url.replace(f"/{server.name_of(url)}", "/postgres"), autocommit=True) as connection:
        yield lambda *statements: [connection.execute(statement) for statement in statements]


def label(server, url, user="postgres"):
    return f"The database postgresql://{user}@:5432/{server.name_of(url)}?host={server.directory}"


def test_an_unknown_database_is_named_with_its_cure(server, url, tmp_path):
    absent = url.replace(server.name_of(url), "absent")
    assert said(tmp_path, absent) == (
        StoreError,
        f"{label(server, absent)} does not exist. Create the database and its user first, or correct the URL.",
    )


def test_an_unknown_user_is_named_with_its_cure(server, url, tmp_path):
    assert said(tmp_path, url.replace("postgres:", "nobody:")) == (
        StoreError,
        f"{label(server, url, 'nobody')} rejects this user or password. Correct them in the database URL.",
    )


def test_an_unknown_host_is_named_with_its_cure(tmp_path):
    assert said(tmp_path, "postgresql://me:secret@host.invalid/db") in [
        (
            StoreError,
            "The database postgresql://me@host.invalid:5432/db is on an unknown host. Correct the database URL.",
        ),
        (  # without a network
            StoreUnavailableError,
            (
                "The database postgresql://me@host.invalid:5432/db is on a host whose name cannot be resolved at "
                "present. Check the network, and try again."
            ),
        ),
    ]


def test_a_port_without_a_server_is_away(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        assert said(tmp_path, f"postgresql://me:secret@127.0.0.1:{port}/db?sslmode=disable") == (
            StoreUnavailableError,
            (
                f"The database postgresql://me@127.0.0.1:{port}/db cannot be reached. Check that the server runs, and "
                "check host and port in the database URL."
            ),
        )


def test_a_server_with_too_many_clients_is_away(server, url, administrator, tmp_path):
    name = server.name_of(url)
    administrator(f"CREATE ROLE crowd_{name} LOGIN CONNECTION LIMIT 1", f"GRANT ALL ON DATABASE {name} TO crowd_{name}")
    crowded = url.replace("postgres:", f"crowd_{name}:")
    with psycopg.connect(crowded):
        assert said(tmp_path, crowded) == (
            StoreUnavailableError,
            (
                f"{label(server, url, f'crowd_{name}')} has no free connection at present. Wait, or close other "
                "programs that use the server."
            ),
        )


def test_a_database_that_takes_no_connections_is_away(server, url, administrator, tmp_path):
    administrator(f"ALTER DATABASE {server.name_of(url)} WITH ALLOW_CONNECTIONS false")
    assert said(tmp_path, url) == (
        StoreUnavailableError,
        f"{label(server, url)} accepts no connections at present. Wait, and try again.",
    )


def test_a_database_that_is_read_only_is_away_for_writing(server, url, administrator, tmp_path):
    administrator(f"ALTER DATABASE {server.name_of(url)} SET default_transaction_read_only = on")
    assert said(tmp_path, url, lambda session: session.open_job("freerflag", project="toxd")) == (
        StoreUnavailableError,
        (
            f"{label(server, url)} is read-only at present. Wait, or name the server that accepts changes in the "
            "database URL."
        ),
    )


def test_a_user_without_permission_is_told_so(server, url, administrator, tmp_path):
    name = server.name_of(url)
    administrator(f"CREATE ROLE guest_{name} LOGIN")
    assert said(tmp_path, url.replace("postgres:", f"guest_{name}:")) == (
        StoreError,
        (
            f"{label(server, url, f'guest_{name}')} does not permit this to its user. Grant the permission, or name "
            "another user in the database URL."
        ),
    )


def test_a_connection_that_the_administrator_ends_is_away(server, url, administrator, tmp_path):
    session = open_session(Settings(projects_dir=tmp_path, database=url))

    def read(connection):
        name = server.name_of(url)
        administrator(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")  # noqa: S608
        return connection.execute("SELECT 1")

    session.projects()
    from django.db import OperationalError

    from ccp4hooks_database.connection.errors import is_away

    with psycopg.connect(url) as connection:
        with pytest.raises(psycopg.Error) as error:
            read(connection)
        wrapped = OperationalError("eine Meldung in einer anderen Sprache")
        wrapped.__cause__ = error.value
        assert is_away(wrapped)


# --- servers that speak another language -------------------------------------------------------------------------


@contextmanager
def refusing(state, message, severity="FATAL", *, asks=False):
    """A program that refuses each connection as PostgreSQL does, with a message in any language; yields its port."""
    fields = [("S", severity), ("V", "FATAL"), ("C", state), ("M", message)]
    body = b"".join(key.encode() + text.encode() + b"\0" for key, text in fields) + b"\0"
    error = b"E" + struct.pack("!i", len(body) + 4) + body

    def refuse(client):
        client.recv(4096)
        if asks:
            client.sendall(b"R" + struct.pack("!ii", 8, 3))
            client.recv(4096)
        client.sendall(error)

    def serve():
        with suppress(OSError):
            while True:
                with listener.accept()[0] as client:
                    refuse(client)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]


AWAY = "accepts no connections at present. Wait, and try again."
LANGUAGES = {
    "starting up": ("57P03", "das Datenbanksystem startet", StoreUnavailableError, AWAY),
    "shutting down": ("57P03", "le système de base de données est en cours d'arrêt", StoreUnavailableError, AWAY),
    "not yet accepting": ("57P03", "система баз данных ещё не принимает подключения", StoreUnavailableError, AWAY),
    "ended": ("57P01", "завершение подключения по команде администратора", StoreUnavailableError, AWAY),
    "too many": (
        "53300",
        "tut mir leid, schon zu viele Verbindungen",
        StoreUnavailableError,
        "has no free connection at present. Wait, or close other programs that use the server.",
    ),
    "password": (
        "28P01",
        "Passwort-Authentifizierung für Benutzer »me« fehlgeschlagen",
        StoreError,
        "rejects this user or password. Correct them in the database URL.",
    ),
    "no entry": (
        "28000",
        "no hay una línea en pg_hba.conf",
        StoreError,
        "rejects this user or password. Correct them in the database URL.",
    ),
    "database": (
        "3D000",
        "Datenbank »db« existiert nicht",
        StoreError,
        "does not exist. Create the database and its user first, or correct the URL.",
    ),
}


@pytest.mark.parametrize("case", LANGUAGES)
@pytest.mark.parametrize("asks", [False, True], ids=["at once", "after the password"])
def test_the_language_of_the_server_does_not_matter(tmp_path, case, asks):
    state, message, kind, meaning = LANGUAGES[case]
    with refusing(state, message, "ВАЖНО", asks=asks) as port:
        url = f"postgresql://me:secret@127.0.0.1:{port}/db?sslmode=disable"
        assert said(tmp_path, url) == (kind, f"The database postgresql://me@127.0.0.1:{port}/db {meaning}")


def test_a_server_that_hangs_up_is_away(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def serve():
            with suppress(OSError):
                while True:
                    listener.accept()[0].close()

        threading.Thread(target=serve, daemon=True).start()
        kind, text = said(tmp_path, f"postgresql://me:secret@127.0.0.1:{port}/db?sslmode=disable")
    assert kind is StoreUnavailableError
    assert text == (
        f"The database postgresql://me@127.0.0.1:{port}/db cannot be reached. Check that the server runs, and check "
        "host and port in the database URL."
    )
