"""A real browser, and pages that note everything that they complain about or ask for."""

import shutil

import pytest
from unit.samples import make_project, make_settings

NAMES = ("chromium-headless-shell", "chromium", "google-chrome")


TIMEOUT_MS = 10_000
"""How long something that must appear is waited for [ms]."""


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker("browser")


@pytest.fixture(scope="module")
def browser():
    """One browser for the tests of a module."""
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("no Chromium is installed; on Debian: apt-get install chromium-headless-shell")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=found)


@pytest.fixture
def show(browser, tmp_path):
    """Shows a page, and checks at the end that it has neither written to the console nor asked for anything else."""
    said, contexts = [], []

    def shown(text, *, width=1280, **options):
        path = tmp_path / f"page {len(contexts)}.html"
        path.write_text(text, encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        context.set_default_timeout(TIMEOUT_MS)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.on("request", lambda request: request.url == path.as_uri() or said.append(request.url))
        page.goto(path.as_uri())
        return page

    yield shown
    for context in contexts:
        context.close()
    assert said == []


@pytest.fixture
def visit(browser):
    """Opens addresses, and checks at the end that no page has complained or asked another server."""
    said, contexts = [], []

    def visited(address, *, width=1280, **options):
        server = "/".join(address.split("/")[:3]) + "/"
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        context.set_default_timeout(3 * TIMEOUT_MS)
        page = context.new_page()
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", lambda message: said.append(message.text))
        page.on("request", lambda request: request.url.startswith(server) or said.append(request.url))
        page.goto(address)
        return page

    visited.said = said
    yield visited
    for context in contexts:
        context.close()
    assert said == []


@pytest.fixture
def faults():
    """Returns what axe-core finds on a page, one line each."""
    from axe_playwright_python.sync_playwright import Axe

    return lambda page: [f"{one['id']}: {one['nodes'][0]['html']}" for one in Axe().run(page).response["violations"]]


@pytest.fixture
def project(tmp_path):
    return make_project(tmp_path / "projects" / "demo")


@pytest.fixture
def session(tmp_path):
    """A session without a database; its directory of projects is that of `project`."""
    from ccp4hooks import open_session

    return open_session(make_settings(tmp_path / "projects"))
