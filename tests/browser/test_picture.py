"""The README's picture of the demo's report is true."""

from importlib.metadata import version

import pytest
from browser import picture

MADE_WITH = "3.0"
"""The versions of CCP4i2 with whose demo the picture is compared; others may have other KPIs."""


@pytest.fixture(scope="module")
def now(browser, tmp_path_factory):
    """What the page of the demo's report says now, and its pictures."""
    return picture.taken(browser, picture.report_of_demo(tmp_path_factory.mktemp("picture")))


@pytest.fixture(scope="module")
def then():
    """The pictures in the README."""
    return {name: (picture.FOLDER / name).read_bytes() for name in picture.SCHEMES.values()}


@pytest.mark.skipif(not version("ccp4i2").startswith(MADE_WITH), reason="another version may have other KPIs")
def test_the_page_says_what_the_picture_in_the_readme_shows(now, then):
    said, _ = now
    assert picture.RECORD.read_text(encoding="utf-8") == picture.record_of(said, then), (
        "run `python tests/browser/picture.py`, and look at docs/images"
    )


@pytest.mark.skipif(not version("ccp4i2").startswith(MADE_WITH), reason="another version may have other KPIs")
@pytest.mark.parametrize("name", picture.SCHEMES.values())
def test_the_picture_in_the_readme_looks_like_the_page(now, then, browser, name):
    _, pictures = now
    page = browser.new_page()
    one, two = (picture.squares(page, content) for content in (pictures[name], then[name]))
    page.close()
    assert one[:2] == two[:2] == [picture.WIDTH, picture.HEIGHT]
    differences = [abs(a - b) for a, b in zip(one[2], two[2], strict=True)]
    assert sum(differences) / len(differences) < 8
    assert len(then[name]) < 150_000
