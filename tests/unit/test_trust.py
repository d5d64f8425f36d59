"""A settings file that was found runs no code until it is trusted, and is ignored if others can change it."""

import logging
import os
import stat
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ccp4hooks import BadInputError, UnknownNameError, hookimpl, load_settings, trust
from ccp4hooks import settings as settings_module
from ccp4hooks.plugins.discovery import PluginState
from ccp4hooks.plugins.manager import PluginManager

ROOT = os.geteuid() == 0
NOBODY = 65534
MODULE = """
from ccp4hooks import hookimpl

@hookimpl
def glean_kpi(job):
    return ()
"""


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith(("CCP4", "DATABASE"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    (tmp_path / "home").mkdir()
    monkeypatch.setattr(sys, "path", [*sys.path])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory, of this user alone."""
    made = tmp_path / "work"
    made.mkdir(mode=0o755)
    monkeypatch.chdir(made)
    return made


@pytest.fixture
def config(folder):
    def write(text, name="ccp4hooks.toml"):
        path = folder / name
        path.write_text(text)
        path.chmod(0o644)
        return path

    return write


@pytest.fixture
def evil(folder):
    """A module in the working directory with a new name, and whether it was imported."""
    name = f"evil_{folder.parent.name}"
    (folder / f"{name}.py").write_text(MODULE)
    yield name
    sys.modules.pop(name, None)


def states(settings):
    return {record.name: record for record in PluginManager(settings).records}


def open_to_everyone(path):
    path.chmod(stat.S_IMODE(path.stat().st_mode) | stat.S_IWOTH)


def sticky(path):
    path.parent.chmod(0o1777)


def in_an_open_directory(path):
    path.parent.chmod(0o777)


def link_into_an_open_directory(path):
    away = path.parent.parent / "away"
    away.mkdir()
    path.rename(away / "real.toml")
    path.symlink_to(away / "real.toml")
    away.chmod(0o777)


def of_a_group(path):
    """Writable by a group with other members; root may use any number, and others one of their own groups."""
    if ROOT:
        os.chown(path, -1, NOBODY)
    else:
        path.chmod(0o666)
        return
    path.chmod(0o664)


def of_another_user(path):
    if ROOT:
        os.chown(path, NOBODY, -1)
    else:
        path.chmod(0o646)


def in_a_directory_of_another_user(path):
    if ROOT:
        os.chown(path.parent, NOBODY, -1)
    else:
        path.parent.chmod(0o707)


EXPOSED = {
    open_to_everyone: "every user can write to it",
    sticky: "every user can write to its directory {folder}",
    in_an_open_directory: "every user can write to its directory {folder}",
    link_into_an_open_directory: "every user can write to its directory {folder.parent}/away",
    of_a_group: "the group no" if ROOT else "every user can write to it",
    of_another_user: "it belongs to nobody" if ROOT else "every user can write to it",
    in_a_directory_of_another_user: "its directory {folder} belongs to nobody"
    if ROOT
    else "every user can write to its directory {folder}",
}


@pytest.mark.parametrize("name", ["ccp4hooks.toml", "pyproject.toml"])
@pytest.mark.parametrize("expose", EXPOSED)
def test_a_found_file_that_others_can_change_is_ignored_and_one_line_says_so(config, folder, expose, name, caplog):
    head = "[tool.ccp4hooks]\n" if name == "pyproject.toml" else ""
    path = config(f'{head}project = "theirs"\ndatabase = "sqlite:////theirs"', name)
    expose(path)
    settings = load_settings()
    assert (settings.project, settings.database, settings.source) == ("ccp4hooks", None, None)
    (line,) = settings.ignored
    assert line.startswith(f"Ignored the settings file {path}: {EXPOSED[expose].format(folder=folder)}")
    assert f"use `--config {path}`" in line
    assert [record.getMessage() for record in caplog.records] == [line]
    given = load_settings(config=path)
    assert (given.project, given.ignored, given.trusted) == ("theirs", (), True)


def test_a_file_above_an_ignored_one_is_used(config, folder, monkeypatch, caplog):
    config('project = "mine"')
    below = folder / "shared"
    below.mkdir()
    (below / "ccp4hooks.toml").write_text('project = "theirs"')
    below.chmod(0o777)
    monkeypatch.chdir(below)
    assert load_settings().project == "mine"
    assert len(caplog.records) == 1


def test_a_pyproject_of_others_without_a_table_for_ccp4hooks_is_not_mentioned(config, caplog):
    open_to_everyone(config('[project]\nname = "theirs"', "pyproject.toml"))
    assert load_settings().ignored == ()
    assert caplog.records == []


@pytest.mark.parametrize("content", [b"\xff", b"[[[", b"x" * 2**21], ids=["not text", "not TOML", "too large"])
def test_a_file_of_others_is_not_parsed(folder, content, caplog):
    path = folder / "ccp4hooks.toml"
    path.write_bytes(content)
    open_to_everyone(path)
    assert load_settings().project == "ccp4hooks"
    assert len(caplog.records) == 1


def test_control_characters_in_the_name_of_a_directory_do_not_reach_the_terminal(tmp_path, monkeypatch):
    bad = tmp_path / "a\x1b]0;owned\x07\nError: b"
    bad.mkdir()
    (bad / "ccp4hooks.toml").touch()
    bad.chmod(0o777)
    monkeypatch.chdir(bad)
    (line,) = load_settings().ignored
    assert line.isprintable()
    assert "a\\x1b]0;owned\\x07\\nError: b" in line


@pytest.mark.skipif(not ROOT, reason="only root can give a file to another group; the next test is for everyone")
def test_a_group_with_another_member_is_not_private(config):
    import grp
    import pwd

    path = config("")
    taken = next(one for one in pwd.getpwall() if one.pw_uid not in {0, NOBODY} and _alone(one, grp, pwd))
    os.chown(path, 0, taken.pw_gid)
    path.chmod(0o664)
    assert (
        load_settings()
        .ignored[0]
        .startswith(
            f"Ignored the settings file {path}: the group {grp.getgrgid(taken.pw_gid).gr_name} can write to it."
        )
    )


def _alone(user, grp, pwd):
    group = {one.gr_gid: one for one in grp.getgrall()}.get(user.pw_gid)
    return group is not None and group.gr_name == user.pw_name


def test_a_file_that_the_private_group_of_the_user_can_write_is_used(config):
    import grp
    import pwd

    me = pwd.getpwuid(os.geteuid())
    path = config('project = "mine"')
    os.chown(path, -1, me.pw_gid)
    path.chmod(0o664)
    own_group = grp.getgrgid(me.pw_gid)
    others = {one.pw_name for one in pwd.getpwall() if one.pw_gid == me.pw_gid} | {*own_group.gr_mem}
    private = own_group.gr_name == me.pw_name and others <= {me.pw_name}
    assert (load_settings().project == "mine") is private


def test_data_of_an_untrusted_file_apply(config):
    config(
        'project = "mine"\ndatabase = "sqlite:////d"\nprojects_dir = "/p"\nuse = ["model-stats", "no:kpi"]\n'
        "[plugins.validation]\nstrict = true"
    )
    settings = load_settings()
    assert (settings.project, settings.database, settings.projects_dir) == ("mine", "sqlite:////d", Path("/p"))
    assert (settings.trusted, settings.ignored) == (False, ())
    found = states(settings)
    assert (found["model-stats"].state, found["kpi"].state) == (PluginState.LOADED, PluginState.DISABLED)


def test_a_module_of_an_installed_package_needs_no_trust(config):
    config('use = ["ccp4hooks_demo"]')
    assert states(load_settings())["ccp4hooks_demo"].state is PluginState.LOADED


@pytest.mark.parametrize("form", ["module", "package", "namespace", "link", "on the path"])
def test_a_module_beside_the_file_is_not_imported_until_the_file_is_trusted(config, folder, evil, form, monkeypatch):
    name = evil
    if form in {"package", "namespace"}:
        (folder / f"{evil}.py").unlink()
        (folder / evil).mkdir()
        inner = "__init__" if form == "package" else "inner"
        (folder / evil / f"{inner}.py").write_text(MODULE)
        name = evil if form == "package" else f"{evil}.inner"
    if form == "link":
        (folder / f"{evil}.py").rename(folder.parent / "elsewhere.py")
        (folder / f"{evil}.py").symlink_to(folder.parent / "elsewhere.py")
    if form == "on the path":
        monkeypatch.syspath_prepend("")
    path = config(f'use = ["{name}"]\n[plugins."{name}"]')
    before = [*sys.path]
    record = states(load_settings())[name]
    assert record.state is PluginState.UNTRUSTED
    assert record.why == (
        f"it is not an installed plugin, and {path}, which enables it, is not trusted; "
        f"run `ccp4hooks trust {folder}` if you trust it"
    )
    assert evil not in sys.modules
    assert sys.path == before
    trust.add(path, path.read_bytes())
    if form != "namespace":
        assert states(load_settings())[name].state is PluginState.LOADED
    path.write_text(path.read_text() + "\n")
    assert states(load_settings())[name].state is PluginState.UNTRUSTED


def test_a_module_beside_the_file_is_found_from_a_directory_below(config, folder, evil, monkeypatch):
    config(f'use = ["{evil}"]')
    (folder / "below").mkdir()
    monkeypatch.chdir(folder / "below")
    assert states(load_settings())[evil].state is PluginState.UNTRUSTED


@pytest.mark.parametrize("name", ["antigravity", "unittest.__main__", "pytest.__main__"])
def test_modules_with_effects_are_not_imported_for_an_untrusted_file(config, name, monkeypatch):
    monkeypatch.delitem(sys.modules, name, raising=False)
    config(f'use = ["{name}"]')
    assert states(load_settings())[name].state is PluginState.UNTRUSTED
    assert name not in sys.modules


def test_a_module_that_does_not_exist_is_an_error_also_in_an_untrusted_file(config):
    config('use = ["nowhere_at_all"]')
    with pytest.raises(UnknownNameError, match="Unknown plugin 'nowhere_at_all'"):
        PluginManager(load_settings())


@pytest.mark.parametrize("way", ["-p", "--config", "CCP4HOOKS_CONFIG"])
def test_the_command_line_and_the_environment_are_trusted(config, evil, way, monkeypatch):
    path = config(f'use = ["{evil}"]')
    options = {"-p": {"plugins": [evil]}, "--config": {"config": path}}.get(way, {})
    if way.startswith("CCP4HOOKS"):
        monkeypatch.setenv(way, str(path))
    assert states(load_settings(**options))[evil].state is PluginState.LOADED


@pytest.fixture
def elsewhere(tmp_path, evil, monkeypatch):
    """The working directory: one with a module of the same name, beside that of the settings file."""
    made = tmp_path / "elsewhere"
    made.mkdir(mode=0o755)
    (made / f"{evil}.py").write_text(f"{MODULE}\nELSEWHERE = True\n")
    monkeypatch.chdir(made)
    return made


def place_of(name):
    return Path(sys.modules[name].__file__).parent.name


def link(path, directory):
    (directory / path.name).symlink_to(path)


@pytest.mark.parametrize("way", ["--config", "CCP4HOOKS_CONFIG", "link to --config", "link that is found", "below"])
def test_a_module_that_a_file_names_is_looked_up_beside_this_file_only(
    config, evil, elsewhere, way, monkeypatch, folder
):
    path = config(f'use = ["{evil}"]')
    trust.add(path, path.read_bytes())
    link(path, elsewhere)
    options = {"--config": {"config": path}, "link to --config": {"config": elsewhere / path.name}}.get(way, {})
    if way == "CCP4HOOKS_CONFIG":
        monkeypatch.setenv(way, str(path))
    if way == "below":
        below = elsewhere.rename(folder / "below")
        (below / path.name).unlink()
        monkeypatch.chdir(below)
    assert states(load_settings(**options))[evil].state is PluginState.LOADED
    assert place_of(evil) == "work"
    assert str(Path.cwd()) not in sys.path


def test_a_module_of_the_command_line_does_not_open_the_working_directory_to_those_of_the_file(
    config, evil, elsewhere, folder
):
    path = config(f'use = ["{evil}_too", "{evil}"]')
    (folder / f"{evil}_too.py").write_text(MODULE)
    found = states(load_settings(config=path, plugins=[f"{evil}_too"]))
    assert found[evil].state is PluginState.LOADED
    assert place_of(evil) == "work"


def test_a_module_that_the_environment_names_is_not_looked_up_in_the_working_directory(
    config, evil, elsewhere, folder, monkeypatch
):
    monkeypatch.setenv("CCP4HOOKS_PLUGINS", evil)
    with pytest.raises(UnknownNameError, match="Only -p looks for modules in the working directory"):
        PluginManager(load_settings())
    path = config("# mine")
    monkeypatch.chdir(folder)
    with pytest.raises(UnknownNameError, match=f"Unknown plugin '{evil}'"):
        PluginManager(load_settings())
    trust.add(path, path.read_bytes())
    assert states(load_settings())[evil].state is PluginState.LOADED
    assert place_of(evil) == "work"


@pytest.mark.parametrize("name", ["ccp4hooks.toml", "pyproject.toml"])
@pytest.mark.parametrize("expose", [of_a_group, of_another_user, open_to_everyone])
def test_a_link_that_others_can_make_is_not_trusted_with_the_file_that_it_leads_to(
    config, evil, elsewhere, expose, name
):
    head = "[tool.ccp4hooks]\n" if name == "pyproject.toml" else ""
    path = config(f'{head}use = ["{evil}"]', name)
    trust.add(path, path.read_bytes())
    link(path, elsewhere)
    expose(elsewhere)
    settings = load_settings()
    assert (settings.source, settings.plugins) == (None, ())
    (line,) = settings.ignored
    assert line.startswith(f"Ignored the settings file {elsewhere / name}: ")
    assert line.endswith(f". It is a link to {path}. Work in the directory of that file, or use `--config {path}`.")
    assert evil not in sys.modules


@dataclass(frozen=True)
class Options:
    where: str = ""
    program: str = field(default="none", metadata={"runs_code": True})


class Runner:
    ccp4hooks_settings = Options

    def __init__(self, options):
        if options.program == "none" and not options.where:
            raise BadInputError("Set where or program.")
        self.options = options

    @hookimpl
    def glean_kpi(self):
        return ()


def test_a_setting_that_a_plugin_marks_as_running_code_is_ignored_until_the_file_is_trusted(config, folder):
    path = config('[plugins.runner]\nwhere = "here"\nprogram = "evil"')
    settings = load_settings()
    manager = PluginManager(settings, {"runner": Runner})
    assert manager.objects()["runner"].options == Options(where="here", program="none")
    (record,) = [one for one in manager.records if one.name == "runner"]
    why = (
        f"the setting plugins.runner.program runs code and is in {path}, which is not trusted; "
        f"run `ccp4hooks trust {folder}` if you trust it"
    )
    assert (record.state, record.ignored) == (PluginState.LOADED, (why,))
    found = {one.name: one for one in settings.fields("runner", Options)}
    assert (found["program"].value, found["program"].source, found["program"].runs_code) == ("none", "default", True)
    trust.add(path, path.read_bytes())
    manager = PluginManager(load_settings(), {"runner": Runner})
    assert manager.objects()["runner"].options == Options(where="here", program="evil")


def test_the_environment_may_set_a_setting_that_runs_code(config, monkeypatch):
    config('[plugins.runner]\nprogram = "evil"')
    monkeypatch.setenv("CCP4HOOKS_RUNNER_PROGRAM", "mine")
    manager = PluginManager(load_settings(), {"runner": Runner})
    assert manager.objects()["runner"].options.program == "mine"
    assert [one.ignored for one in manager.records if one.name == "runner"] == [()]


def test_a_plugin_that_lacks_an_ignored_setting_is_left_out(config):
    config('[plugins.runner]\nprogram = "evil"')
    (record,) = [one for one in PluginManager(load_settings(), {"runner": Runner}).records if one.name == "runner"]
    assert record.state is PluginState.UNTRUSTED
    assert record.why.endswith("Without it: Set where or program.")


def test_the_command_of_notify_runs_code(config):
    config('use = ["notify"]\n[plugins.notify]\nurl = "http://127.0.0.1:9/"\ncommand = "evil"')
    (why,) = states(load_settings())["notify"].ignored
    assert why.startswith("the setting plugins.notify.command runs code")


@pytest.mark.skipif(not ROOT, reason="a file of another user needs root; the rule for modes is tested above")
def test_a_file_of_another_user_may_be_trusted_as_it_is(config):
    path = config('project = "theirs"')
    of_another_user(path)
    trust.add(path, path.read_bytes())
    settings = load_settings()
    assert (settings.project, settings.trusted, settings.ignored) == ("theirs", True, ())
    path.write_text('project = "changed"')
    assert load_settings().project == "ccp4hooks"


def test_a_file_that_everyone_can_write_stays_ignored_if_it_was_trusted(config):
    path = config('project = "mine"')
    trust.add(path, path.read_bytes())
    open_to_everyone(path)
    assert load_settings().project == "ccp4hooks"


def test_the_list_of_trusted_files_is_for_its_owner_alone(config):
    path = config("")
    trust.add(path, path.read_bytes())
    assert stat.S_IMODE(trust.list_path().stat().st_mode) == 0o600
    assert stat.S_IMODE(trust.list_path().parent.stat().st_mode) == 0o700


def test_a_list_of_trusted_files_that_others_can_write_trusts_nothing(config):
    path = config("a = 1")
    trust.add(path, path.read_bytes())
    assert trust.is_trusted(path, path.read_bytes())
    trust.list_path().chmod(0o666)
    assert not trust.is_trusted(path, path.read_bytes())


@pytest.mark.parametrize("text", ["{", "[]", '{"a": 1}', "[" * 100_000])
def test_a_damaged_list_of_trusted_files_is_an_error_that_names_it(text):
    trust.list_path().parent.mkdir(parents=True)
    trust.list_path().write_text(text)
    with pytest.raises(BadInputError) as caught:
        trust.trusted()
    assert str(trust.list_path()) in str(caught.value)


DEEP = {
    "lists": "use = " + "[" * 5000 + "]" * 5000,
    "a few lists": "x = " + "[" * 40 + "]" * 40,
    "tables": "[plugins.a" + ".a" * 100_000 + "]",
    "keys": "a" + ".a" * 100_000 + " = 1",
    "quoted keys": "'a b'" + ' . "a b"' * 50_000 + " = 1",
    "inline tables": "plugins = " + "{a = " * 1000 + "1" + "}" * 1000,
}


@pytest.mark.parametrize("name", ["ccp4hooks.toml", "pyproject.toml"])
@pytest.mark.parametrize("case", DEEP)
def test_a_settings_file_that_is_nested_too_deeply_is_refused(config, case, name):
    head = "[tool.ccp4hooks]\n" if name == "pyproject.toml" and case != "tables" else ""
    text = DEEP[case].replace("[plugins", "[tool.ccp4hooks.plugins") if name == "pyproject.toml" else DEEP[case]
    path = config(head + text, name)
    with pytest.raises(BadInputError) as caught:
        load_settings()
    assert str(caught.value) == f"The settings file {path} has more than 32 tables or lists inside each other."


def test_a_settings_file_that_is_too_large_is_refused(config):
    path = config("#" * (settings_module.LARGEST_FILE + 1))
    with pytest.raises(BadInputError) as caught:
        load_settings()
    assert str(caught.value) == f"The settings file {path} is larger than 1048576 bytes, the limit."
    path.write_text("#" * settings_module.LARGEST_FILE)
    assert load_settings().source == path


def test_a_line_about_an_ignored_file_reaches_standard_error_of_a_program(config, capfd):
    open_to_everyone(config(""))
    logger = logging.getLogger("ccp4hooks")
    logger.propagate = False  # pytest's own handler would take it.
    try:
        (line,) = load_settings().ignored
    finally:
        logger.propagate = True
    assert capfd.readouterr().err == f"{line}\n"
