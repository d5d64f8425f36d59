import sys

import pytest
from click.testing import CliRunner

from ccp4hooks.cli import cli
from ccp4hooks.plugins.source_location import place_of, place_of_error

HOOK = "from ccp4hooks import hookimpl\n\n"


@pytest.mark.parametrize(
    ("text", "line", "fault"),
    [
        ("\nimport no_such_module", 2, "cannot be imported: ModuleNotFoundError: No module named 'no_such_module'"),
        ("\n\ndef x(:\n", 3, "cannot be imported: SyntaxError: invalid syntax"),
        ("raise SystemExit(3)", 1, "cannot be imported: SystemExit: 3"),
        ("import json\njson.loads('{')", 2, "cannot be imported: JSONDecodeError"),
        (HOOK + "@hookimpl\ndef glean_kpis(job): ...", 3, "the unknown hook 'glean_kpis'; did you mean glean_kpi"),
        (HOOK + "\n@hookimpl\ndef glean_kpi(jib): ...", 4, "glean_kpi has no argument 'jib'; did you mean job?"),
        (HOOK + "@hookimpl\ndef configure():\n    1 / 0", 5, "cannot be configured: ZeroDivisionError"),
        (HOOK + "ccp4hooks_requires = '>=2'", 0, "it requires version >=2 of the hook specification, and"),
        (HOOK + "ccp4hooks_requires = 'newest'", 0, "its ccp4hooks_requires is 'newest'"),
        (HOOK, 0, "it implements no hook"),
    ],
)
def test_the_warning_about_a_faulty_plugin_names_its_file(entry_point, tmp_path, monkeypatch, text, line, fault):
    path = tmp_path / "faulty_plugin.py"
    path.write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "faulty_plugin", raising=False)
    entry_point("site-faulty", "faulty_plugin")
    done = CliRunner().invoke(cli, ["tasks", "freerflag"])
    assert done.exit_code == 0
    (warning,) = done.stderr.splitlines()
    assert warning.startswith("Warning: the plugin site-faulty is not used (")
    assert fault in warning
    assert f" ({path}, line {line})" in warning if line else f" ({path})" in warning
    assert warning.endswith("Fix the plugin, or disable it with `-p no:site-faulty`.")
    assert CliRunner().invoke(cli, ["tasks", "freerflag", "-p", "no:site-faulty"]).stderr == ""


def test_the_location_of_an_error_is_the_innermost_statement_of_the_package(tmp_path, monkeypatch):
    package = tmp_path / "faulty_package"
    package.mkdir()
    (package / "__init__.py").write_text("from faulty_package import inner")
    (package / "inner.py").write_text("\n\nimport no_such_module")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModuleNotFoundError) as caught:
        __import__("faulty_package")
    caught.value.__traceback__ = caught.value.__traceback__.tb_next
    assert place_of_error(caught.value) == f" ({package / 'inner.py'}, line 3)"


def test_an_error_or_object_without_a_file_has_no_location():
    assert place_of_error(ValueError()) == ""
    assert place_of(3) == ""
