import asyncio

import httpx
import pytest
from unit.reports.samples import chain

from ccp4hooks.serving.access import LOCAL, Door
from ccp4hooks.serving.app import Application

AT = "http://localhost:8055"


class Client:
    """Asks an application without a server, one request after the other."""

    def __init__(self, application, **options):
        transport = httpx.ASGITransport(application, raise_app_exceptions=False)
        self.loop = asyncio.new_event_loop()
        self.client = httpx.AsyncClient(transport=transport, base_url=AT, **options)

    def request(self, method, path, **given):
        return self.loop.run_until_complete(self.client.request(method, path, **given))

    def get(self, path, **given):
        return self.request("GET", path, **given)

    def close(self):
        self.loop.run_until_complete(self.client.aclose())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()


@pytest.fixture
def session(open_with):
    """A session without a database; its directory of projects is that of `project`."""
    return open_with()


@pytest.fixture
def refined(project):
    """A project with a chain of refinements."""
    return chain(project.directory)


@pytest.fixture
def door():
    return Door(names=LOCAL)


@pytest.fixture
def ask(session, door):
    """Asks the live page, as a browser of this machine does."""
    application = Application(session, door.prefix)
    client = Client(application.guarded(door))
    yield client
    client.close()
    application.close()
