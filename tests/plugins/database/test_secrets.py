"""The password of a database URL does not appear in errors or tracebacks."""

import pytest
from plugins.database.helpers import request_for, use

from ccp4hooks import StoreError

MARK = "s3cr3tmark"
INVALID = [
    f"postgresql://ada:{MARK}/x@host/i2",
    f"postgresql://ada:12/{MARK}@host/i2",
    f"postgresql://ada:12?{MARK}@host/i2",
    f"postgresql://ada:{MARK}#@host/i2",
    f"postgresql://ada:[{MARK}@host/i2",
    f"sqlite://ada:{MARK}@host/i2",
    f"mysql://ada:{MARK}@host/i2",
]


def whole_chain(error):
    """Return the traceback of an error and its causes."""
    import traceback

    return "".join(traceback.format_exception(error)).replace(" ", "")


@pytest.mark.parametrize("url", INVALID)
def test_an_invalid_url_is_rejected_without_quoting_its_password(tmp_path, url):
    with pytest.raises(StoreError) as caught:
        use(url, tmp_path).list_projects()
    assert MARK not in whole_chain(caught.value)


@pytest.mark.parametrize(
    "form",
    [
        "postgresql://postgres:{mark}%2F%40@/{name}?host={folder}",
        "postgresql://postgres@/{name}?host={folder}&password={mark}",
    ],
)
@pytest.mark.parametrize("name", ["nowhere", "template1"])
def test_a_server_error_is_reported_without_the_password(server, tmp_path, project, form, name):
    url = form.format(mark=MARK, name=name, folder=tmp_path if name == "template1" else server.directory)
    plugin = use(url, tmp_path)
    for attempt in (plugin.list_projects, plugin.init_store, lambda: plugin.open_job(request_for(project))):
        with pytest.raises(StoreError) as caught:
            attempt()
        assert MARK not in whole_chain(caught.value)


def test_the_query_of_a_url_may_contain_the_password():
    from ccp4hooks_database.connection import url as connection_url

    found = connection_url.parse_url("postgresql://h/x?user=ada&password=a%2Fb")
    assert (found.entry["USER"], found.entry["PASSWORD"], found.label) == ("ada", "a/b", "postgresql://ada@h:5432/x")
