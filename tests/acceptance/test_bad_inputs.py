"""Every invalid input of a large table is explained, with its exit code, and changes nothing."""

import shutil

import pytest
from acceptance.bad_inputs import INPUTS, make_files
from acceptance.conftest import Command, tree_hash


@pytest.fixture(scope="module")
def bad(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("bad_inputs")
    return make_files(folder, data)


@pytest.fixture(scope="module")
def home(tmp_path_factory, demo):
    """A copy of the demo, in which the commands run."""
    home = tmp_path_factory.mktemp("bad_inputs_home") / "demo"
    shutil.copytree(demo.home, home)
    return home


def name(case):
    return " ".join((*case.words, *case.variables.values(), case.settings))[:80].encode("ascii", "replace").decode()


@pytest.mark.sampled(12)
@pytest.mark.parametrize(
    "case", [pytest.param(case, id=f"{number} {name(case)}") for number, case in enumerate(INPUTS)]
)
def test_an_invalid_input_is_explained_and_changes_nothing(case, home, bad, tmp_path):
    settings = tmp_path / "settings.toml"
    settings.write_text(case.settings, encoding="utf-8", errors="surrogateescape")
    paths = bad | {"settings": settings}

    def filled(word):
        for key, path in paths.items():
            word = word.replace("{" + key + ".name}", path.name).replace("{" + key + "}", str(path))
        return word

    run = Command(
        home,
        DATABASE_URL=f"sqlite:///{home / 'ccp4hooks.sqlite3'}",
        CCP4I2_PROJECTS_DIR=str(home / "projects"),
        CCP4HOOKS_PROJECT="demo",
    )
    before = tree_hash(home)
    done = run(*map(filled, case.words), **case.variables)
    assert done.returncode == case.code, done.stderr
    assert "Traceback" not in done.stderr
    assert filled(case.said) in done.stderr
    assert not done.stdout
    assert len(done.stderr) < 4000
    assert tree_hash(home) == before
