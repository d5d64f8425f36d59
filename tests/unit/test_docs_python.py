"""The reference pages of the functions and of the test kit are up to date, and no public name is left out."""

import inspect
from pathlib import Path

import pytest

import ccp4hooks
from ccp4hooks import testing
from ccp4hooks.reference import functions as reference_python

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize("page", reference_python.PAGES)
def test_the_page_is_up_to_date(page):
    written = (REFERENCE / f"{page}.md").read_text(encoding="utf-8")
    assert written == reference_python.PAGES[page](), reference_python.__doc__


def test_each_public_name_stands_on_a_page():
    pages = "".join(path.read_text(encoding="utf-8") for path in REFERENCE.glob("*.md"))
    headed = {name for name in (*ccp4hooks.__all__, *testing.__all__) if f"\n### {name}\n" in pages}
    named = {name for name in ccp4hooks.__all__ if f"`{name}`" in pages}
    assert set(testing.__all__) <= headed
    assert {*ccp4hooks.__all__} - headed - named == set()


def test_each_argument_of_a_public_function_is_explained():
    """A function or method whose docstring lists arguments lists all of them."""
    public = [(name, getattr(ccp4hooks, name)) for name in ccp4hooks.__all__]
    found = [(name, one) for name, one in (*public, *vars(ccp4hooks.Session).items()) if inspect.isfunction(one)]
    for name, function in found:
        listed = reference_python.descriptions(function, "Args")
        taken = inspect.signature(function).parameters.keys() - {"self"}
        assert not listed or listed.keys() == taken, name
