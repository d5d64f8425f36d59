"""Encrypted connections to PostgreSQL, requested by the options of the database URL.

The server of the test extra is built without OpenSSL, so a TLS terminator, like pgbouncer or stunnel, stands in front
of it and answers PostgreSQL's request for TLS.
"""

import select
import shutil
import socket
import socketserver
import ssl
import subprocess
import threading

import pytest
from plugins.database.helpers import request_for, use

from ccp4hooks import StoreError

OPENSSL = shutil.which("openssl")

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.skipif(OPENSSL is None, reason="openssl makes the certificates"),
]

# Source: the message formats of PostgreSQL's frontend/backend protocol 3.0.
SSL_REQUEST = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")
REQUEST_BYTES = 8


class Terminator(socketserver.BaseRequestHandler):
    """Accepts one encrypted connection and forwards its data to the server's socket."""

    def handle(self):
        while (asked := self.request.recv(REQUEST_BYTES)) and asked != SSL_REQUEST:
            self.request.sendall(b"N")  # some clients request Kerberos first
        if not asked:
            return
        self.request.sendall(b"S")
        try:
            encrypted = self.server.context.wrap_socket(self.request, server_side=True)
        except (ssl.SSLError, OSError):
            return  # the client rejects the certificate
        with encrypted, socket.socket(socket.AF_UNIX) as inner:
            inner.connect(self.server.inner)
            pump(encrypted, inner)


def pump(encrypted, inner):
    while True:
        ready = [encrypted] if encrypted.pending() else select.select([encrypted, inner], [], [])[0]
        for one in ready:
            try:
                data = one.recv(65536)
            except OSError:
                return
            if not data:
                return
            (inner if one is encrypted else encrypted).sendall(data)


def make_certificates(folder, name):
    """Create a certificate authority and a certificate for this machine; return the authority's file."""
    key, made = ["-newkey", "rsa:2048", "-nodes", "-days", "2"], folder / name
    made.mkdir()

    def openssl(*words):
        subprocess.run([OPENSSL, *map(str, words)], check=True, capture_output=True, cwd=made)

    openssl("req", "-x509", *key, "-subj", f"/CN={name}", "-keyout", "ca.key", "-out", "ca.crt")
    openssl("req", *key, "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr")
    (made / "names").write_text("subjectAltName=DNS:localhost\n")
    signed = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names", "-days", "2"]
    openssl("x509", "-req", "-in", "server.csr", *signed, "-out", "server.crt")
    return made / "ca.crt"


@pytest.fixture(scope="module")
def authorities(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificates")
    return {name: make_certificates(folder, name) for name in ("ours", "another")}


@pytest.fixture(scope="module")
def port(server, authorities):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made = authorities["ours"].parent
    context.load_cert_chain(made / "server.crt", made / "server.key")
    socketserver.ThreadingTCPServer.daemon_threads = True
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Terminator) as terminator:
        terminator.context, terminator.inner = context, f"{server.directory}/.s.PGSQL.5432"
        threading.Thread(target=terminator.serve_forever, daemon=True).start()
        yield terminator.server_address[1]
        terminator.shutdown()


@pytest.fixture
def url(server, port, postgresql_template):
    name = server.name_of(server.new(postgresql_template))
    return f"postgresql://postgres@localhost:{port}/{name}"


def test_the_connection_to_a_server_with_a_valid_certificate_is_encrypted(url, authorities, project, tmp_path):
    plugin = use(f"{url}?sslmode=verify-full&sslrootcert={authorities['ours']}", tmp_path)
    assert plugin.open_job(request_for(project)).number == "1"

    def is_encrypted():
        from django.db import connection

        connection.ensure_connection()
        return connection.connection.pgconn.ssl_in_use

    assert plugin.store().read(is_encrypted)
    # The connection is also encrypted without these options.
    assert use(url, tmp_path).store().read(is_encrypted)


@pytest.mark.parametrize(
    ("host", "options", "message"),
    [
        ("localhost", "sslmode=verify-full&sslrootcert={another}", "shows a certificate that cannot be trusted"),
        ("127.0.0.1", "sslmode=verify-full&sslrootcert={ours}", "shows a certificate that cannot be trusted"),
        ("localhost", "sslmode=verify-full&sslrootcert=/nowhere/ca.crt", "Correct sslrootcert in the database URL"),
    ],
)
def test_a_server_with_an_untrusted_certificate_is_reported(
    url, authorities, project, tmp_path, host, options, message
):
    url = f"{url.replace('localhost', host)}?{options.format(**authorities)}"
    with pytest.raises(StoreError, match=message):
        use(url, tmp_path).open_job(request_for(project))
