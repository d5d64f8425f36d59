"""Modules that are imported at their first use."""

import sys
import threading
import time
from textwrap import dedent

import pytest

from ccp4hooks.runtime.lazy_modules import import_later, import_without


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Make a package with a submodule whose first import fails if a file exists, and note each import."""
    folder = tmp_path / "slow_package"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "part.py").write_text(
        dedent("""
        import time
        from pathlib import Path

        here = Path(__file__).parent
        with (here / "imports.txt").open("a") as stream:
            stream.write("x")
        if (here / "broken").exists():
            raise ImportError("broken")
        time.sleep(0.05)
        value = 5
        """)
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    import_later("slow_package.part", "slow_package.missing")
    yield folder
    for name in [one for one in sys.modules if one.startswith("slow_package")]:
        del sys.modules[name]


def imports(folder):
    path = folder / "imports.txt"
    return len(path.read_text()) if path.exists() else 0


def test_a_module_is_imported_at_its_first_use_and_once(package):
    import slow_package.part

    assert imports(package) == 0
    assert slow_package.part.value == 5
    from slow_package.part import value

    assert (value, imports(package)) == (5, 1)
    assert sys.modules["slow_package.part"] is slow_package.part
    assert slow_package.part.__file__ == str(package / "part.py")


def test_several_threads_see_it_whole(package):
    import slow_package.part

    stand_in, found = slow_package.part, []
    threads = [threading.Thread(target=lambda: found.append(stand_in.value)) for _ in range(8)]

    class Searching:
        """Starts the other threads while the first one searches for the module."""

        def find_spec(self, name, path=None, target=None):
            for one in threads[1:]:
                if name == "slow_package.part" and one.ident is None:
                    one.start()
            time.sleep(0.1)

    sys.meta_path.insert(0, Searching())
    threads[0].start()
    threads[0].join()
    for one in threads[1:]:
        one.join()
    assert found == [5] * 8
    assert imports(package) == 1


def test_an_import_that_fails_is_tried_again(package):
    import slow_package.part

    (package / "broken").touch()
    with pytest.raises(ImportError, match="broken"):
        _ = slow_package.part.value
    (package / "broken").unlink()
    assert slow_package.part.value == 5


def test_a_name_that_a_module_does_not_have_is_missing(package):
    import slow_package.missing
    import slow_package.part

    assert not hasattr(slow_package.part, "other")
    with pytest.raises(ModuleNotFoundError, match="missing"):
        _ = slow_package.missing.value


def test_a_package_is_imported_as_if_another_one_were_missing(tmp_path, monkeypatch):
    (tmp_path / "needs_slow.py").write_text("try:\n    import slow_part\nexcept ImportError:\n    slow_part = None\n")
    (tmp_path / "needs_slow_too.py").write_text((tmp_path / "needs_slow.py").read_text())
    (tmp_path / "slow_part.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    import_without("needs_slow", missing="slow_part")
    assert sys.modules["needs_slow"].slow_part is None
    import slow_part

    import_without("needs_slow_too", missing="slow_part")
    assert "needs_slow_too" not in sys.modules
    import_without("needs_slow", missing="no_such_part")
    assert "no_such_part" not in sys.modules
    del slow_part
    for name in ("needs_slow", "slow_part"):
        monkeypatch.delitem(sys.modules, name)


def test_a_package_that_is_not_installed_stays_missing(monkeypatch):
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    import_later("no_such_package.part")
    with pytest.raises(ModuleNotFoundError):
        __import__("no_such_package.part")
