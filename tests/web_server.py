"""CCP4i2's server in a process of its own, as a user starts it, and a client without a browser's rules."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import ccp4i2

FOREIGN = (
    "ALLOWED_HOSTS",
    "CCP4",
    "CORS_",
    "DATABASE_URL",
    "DEBUG",
    "DJANGO_",
    "EXECUTION_MODE",
    "NEXT_",
    "SECRET_KEY",
)
ASGI = "ccp4i2.config.asgi:application"
API = "/api/ccp4i2"


def clean_environment(**variables):
    """Return the environment of this process without the settings of CCP4i2, Django and ccp4hooks."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return {**own, "PYTHONWARNINGS": "ignore", **variables}


def free_port():
    """Return a port of this machine on which no server listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def uvicorn(port):
    """Return the arguments for Python that start the server with uvicorn."""
    return ["-m", "uvicorn", ASGI, "--host", "127.0.0.1", "--port", str(port), "--log-level", "warning", "--ws", "none"]


def runserver(port):
    """Return the arguments for Python that start Django's own server."""
    return ["-m", "django", "runserver", "--noreload", f"127.0.0.1:{port}"]


class Server:
    """A running server; each call is one request."""

    def __init__(self, port, process, log):
        self.port = port
        self.process = process
        self.log = log

    def __call__(self, method, page, body=None, **headers):
        """Send a request and return the status and the answer; the headers are as given, underscores as hyphens."""
        answer, content = self.request(method, page, body, **headers)
        try:
            return answer.status, json.loads(content)
        except ValueError:
            return answer.status, content.decode(errors="replace")

    def request(self, method, page, body=None, **headers):
        """Send a request and return the response and its content."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(body, dict):
            sent.setdefault("Content-Type", "application/json")
            body = json.dumps(body)
        try:
            connection.request(method, f"{API}/{page}", body, sent)
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def create_project(self, name, **headers):
        """Create a project in the server's own directory of projects, and return the project.

        The request is that of the GUI, with which 3.0 wants a word and 3.1 nothing.
        """
        chosen = {"directory": "__default__"} if ccp4i2.__version__.startswith("3.0") else {}
        status, project = self("POST", "projects/", {"name": name, **chosen}, **headers)
        assert status == 201, project
        return project

    def is_up(self):
        """Return whether the server answers; fail if its process has ended."""
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self("GET", "health/")[0] == 200
        except OSError:
            return False

    def wait_for(self, true):
        """Wait with a generous limit until a condition holds."""
        for _ in range(1200):
            if true():
                return
            time.sleep(0.1)
        raise AssertionError(f"it did not come to pass:\n{self.log.read_text()}")


@contextmanager
def running(folder, environment, start=uvicorn, python=sys.executable):
    """Start a server in a directory and stop it at the end."""
    port = free_port()
    log = folder / f"server-{port}.log"
    with log.open("w") as stream:
        process = subprocess.Popen(
            [str(python), *start(port)],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
        server = Server(port, process, log)
        try:
            server.wait_for(server.is_up)
            yield server
        finally:
            process.terminate()
            process.wait(60)
