from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ccp4hooks import BadInputError, Settings, UnknownNameError, load_settings
from ccp4hooks.i2.versions import is_3_0
from ccp4hooks.plugin_settings import HookLimits


@dataclass(frozen=True)
class Table:
    strict: bool = False
    limit: float = 1.0
    count: int = 3
    where: str | None = None


@pytest.fixture(autouse=True)
def _clean(tmp_path, monkeypatch):
    for name in ("DATABASE_URL", "CCP4HOOKS_PLUGINS", "CCP4HOOKS_AUTOLOAD", "CCP4I2_PROJECTS_DIR", "CCP4I2_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def config(tmp_path):
    def write(text):
        path = tmp_path / "ccp4hooks.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_arguments_override_the_environment_and_the_environment_overrides_the_file(config, monkeypatch, tmp_path):
    config('projects_dir = "/file"\ndatabase = "sqlite:////file"')
    assert load_settings().projects_dir == Path("/file")
    monkeypatch.setenv("CCP4I2_PROJECTS_DIR", "/environment")
    monkeypatch.setenv("DATABASE_URL", "sqlite:////environment")
    assert load_settings().projects_dir == Path("/environment")
    assert load_settings().database == "sqlite:////environment"
    given = load_settings(projects_dir=tmp_path, database="sqlite:////argument")
    assert (given.projects_dir, given.database) == (tmp_path, "sqlite:////argument")


def test_a_settings_file_may_begin_with_a_byte_order_mark(config):
    config(b'\xef\xbb\xbfproject = "mine"\n')
    assert load_settings().project == "mine"


def test_switches_of_file_environment_and_arguments_are_joined_in_this_order(config, monkeypatch):
    config('use = ["no:kpi"]')
    monkeypatch.setenv("CCP4HOOKS_PLUGINS", "no:validation, mine")
    assert load_settings(plugins=["kpi"]).plugins == ("no:kpi", "no:validation", "mine", "kpi")


@pytest.mark.parametrize(("word", "on"), [("0", False), ("False", False), ("no", False), ("1", True), ("", True)])
def test_an_environment_variable_turns_autoload_on_or_off(monkeypatch, word, on):
    monkeypatch.setenv("CCP4HOOKS_AUTOLOAD", word)
    assert load_settings().autoload is on
    assert load_settings(autoload=not on).autoload is not on


def test_the_nearest_settings_file_above_is_read(config, tmp_path, monkeypatch):
    path = config("autoload = false")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    (below / "pyproject.toml").write_text('[project]\nname = "unrelated"')
    monkeypatch.chdir(below)
    settings = load_settings()
    assert (settings.source, settings.autoload) == (path, False)


def test_pyproject_is_read_if_it_has_a_table_for_ccp4hooks(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.ccp4hooks.plugins.kpi]\nstrict = true")
    settings = load_settings()
    assert settings.source == tmp_path / "pyproject.toml"
    assert settings.plugin("kpi", Table).strict is True


def test_by_default_projects_are_created_where_ccp4i2_creates_them(tmp_path, monkeypatch):
    monkeypatch.setenv("CCP4I2_HOME", str(tmp_path / "ccp4i2"))
    name = "CCP4X_PROJECTS" if is_3_0() else "projects"
    assert load_settings().projects_dir == tmp_path / "ccp4i2" / name


def test_the_default_home_is_that_of_the_installed_ccp4i2(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("CCP4I2_HOME", raising=False)
    place = ".ccp4i2/CCP4X_PROJECTS" if is_3_0() else ".ccp4i2x/projects"
    assert load_settings().projects_dir == tmp_path / place


def test_the_users_preferences_of_ccp4i2_name_the_projects_directory_and_every_setting_overrides_them(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("CCP4I2_HOME", str(tmp_path / "ccp4i2"))
    (tmp_path / "ccp4i2").mkdir()
    (tmp_path / "ccp4i2" / "preferences.json").write_text(f'{{"projectsDir": "{tmp_path}/preferred"}}')
    assert load_settings().projects_dir == tmp_path / "preferred"
    (tmp_path / "ccp4hooks.toml").write_text('projects_dir = "/from-file"')
    assert load_settings().projects_dir == Path("/from-file")
    monkeypatch.setenv("CCP4I2_PROJECTS_DIR", "/from-environment")
    assert load_settings().projects_dir == Path("/from-environment")


def test_the_projects_directory_is_made_absolute_and_may_begin_with_a_tilde(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load_settings(projects_dir=Path("~/here")).projects_dir == tmp_path / "here"
    assert load_settings(projects_dir=Path("there")).projects_dir == tmp_path / "there"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("projects_dir = 3", "must be of type str"),
        ("autoload = 'yes'", "must be of type bool"),
        ("plugins = []", "must be of type dict"),
        ("[plugins]\nkpi = 3", "must be a table"),
        ("use = [1]", "`use` in .* must be a list of strings, for example use = "),
        ("autoload =", "cannot be read"),
        (b"database = '\xff'", "cannot be read"),
    ],
)
def test_the_error_for_a_faulty_settings_file_names_the_file_and_the_fault(config, text, message):
    path = config(text)
    with pytest.raises(BadInputError, match=message) as caught:
        load_settings()
    assert str(path) in str(caught.value)


def test_a_pyproject_in_which_tool_is_not_a_table_is_ignored(tmp_path):
    (tmp_path / "pyproject.toml").write_text("tool = 1")
    assert load_settings().source != tmp_path / "pyproject.toml"


def test_a_missing_settings_file_is_bad_input(tmp_path):
    with pytest.raises(BadInputError, match="No such file"):
        load_settings(config=tmp_path / "missing.toml")


def test_the_error_for_an_unknown_setting_gives_the_nearest_name(config):
    config("databse = 'x'")
    with pytest.raises(UnknownNameError, match="did you mean database") as caught:
        load_settings()
    assert caught.value.near == ("database",)


def test_the_settings_of_a_plugin_are_an_instance_of_its_dataclass():
    settings = Settings(projects_dir=Path("/p"), tables={"mine": {"strict": True, "limit": 2, "where": "here"}})
    assert settings.plugin("mine", Table) == Table(strict=True, limit=2, where="here")
    assert settings.plugin("other", Table) == Table()


def test_the_error_for_an_unknown_plugin_setting_gives_the_nearest_name():
    settings = Settings(projects_dir=Path("/p"), tables={"mine": {"strickt": True}})
    with pytest.raises(UnknownNameError, match=r"did you mean plugins\.mine\.strict\b"):
        settings.plugin("mine", Table)


@pytest.mark.parametrize("table", [{"strict": 1}, {"count": True}, {"count": 1.5}, {"limit": "1"}, {"limit": True}])
def test_a_plugin_setting_of_another_type_than_its_default_is_refused(table):
    settings = Settings(projects_dir=Path("/p"), tables={"mine": table})
    with pytest.raises(BadInputError, match=rf"plugins\.mine\.{next(iter(table))} .* must be of type"):
        settings.plugin("mine", Table)


def test_the_list_of_allowed_plugins_is_not_a_plugin_table(config):
    config('[plugins]\nallow = ["kpi"]\n[plugins.database]\nwal = true')
    settings = load_settings()
    assert (settings.allow, dict(settings.tables)) == (("kpi",), {"database": {"wal": True}})


@pytest.mark.parametrize("value", ['"kpi"', "[1]"])
def test_allowed_plugins_must_be_a_list_of_strings(config, value):
    config(f"[plugins]\nallow = {value}")
    with pytest.raises(BadInputError, match=r"`plugins\.allow` in .* must be a list of strings"):
        load_settings()


def test_the_environment_overrides_the_file_for_every_plugin_setting(config, monkeypatch):
    config("[plugins.my-own]\nlimit = 2.0\ncount = 7")
    for name, text in {"STRICT": "Yes", "LIMIT": "2.5", "WHERE": "there"}.items():
        monkeypatch.setenv(f"CCP4HOOKS_MY_OWN_{name}", text)
    settings = load_settings()
    assert settings.plugin("my-own", Table) == Table(strict=True, limit=2.5, count=7, where="there")
    sources = {field.name: field.source for field in settings.fields("my-own", Table)}
    assert sources["count"] == str(settings.source)
    assert sources["limit"] == "$CCP4HOOKS_MY_OWN_LIMIT"
    assert {field.source for field in settings.fields("other", Table)} == {"default"}


@pytest.mark.parametrize(("field", "text", "message"), [("STRICT", "maybe", "one of"), ("COUNT", "1.5", "of type int")])
def test_the_error_for_an_invalid_variable_names_the_variable(monkeypatch, field, text, message):
    monkeypatch.setenv(f"CCP4HOOKS_MINE_{field}", text)
    with pytest.raises(BadInputError, match=f"CCP4HOOKS_MINE_{field} is '{text}'; it must be {message}"):
        load_settings().plugin("mine", Table)


def test_the_error_for_an_unknown_plugin_setting_names_the_file(config):
    path = config("[plugins.mine]\nstrickt = true")
    with pytest.raises(UnknownNameError) as caught:
        load_settings().plugin("mine", Table)
    assert str(caught.value) == (
        f"Unknown setting 'plugins.mine.strickt'; did you mean plugins.mine.strict? It is set in {path}."
    )


def test_the_error_for_an_unknown_plugin_setting_without_a_similar_name_names_the_command_that_lists_them(config):
    path = config("[plugins.mine]\nzzz = true")
    with pytest.raises(UnknownNameError) as caught:
        load_settings().plugin("mine", Table)
    assert str(caught.value) == (
        f"Unknown setting 'plugins.mine.zzz'. It is set in {path}. "
        "`ccp4hooks plugins show mine` lists the settings of the plugin."
    )


def test_a_table_of_any_plugin_may_say_what_it_may_cost():
    settings = Settings(projects_dir=Path("/p"), slow_hook_s=30.0, tables={"site": {"strict": True, "isolate": True}})
    assert settings.plugin("site", Table) == Table(strict=True)
    limits = HookLimits(isolate=True, hook_limit_s=60.0, hook_warning_s=30.0, memory_limit_gb=4.0)
    assert settings.limits("site", Table) == settings.limits("site", None) == limits
    assert settings.limits("other", None) == HookLimits(hook_limit_s=0.0, hook_warning_s=30.0)


def test_a_variable_says_what_a_plugin_may_cost(monkeypatch):
    monkeypatch.setenv("CCP4HOOKS_SITE_HOOK_LIMIT_S", "7")
    settings = load_settings()
    assert settings.limits("site", Table).hook_limit_s == 7.0
    (found,) = settings.limit_fields("site", Table)
    assert (found.name, found.value, found.source) == ("hook_limit_s", 7.0, "$CCP4HOOKS_SITE_HOOK_LIMIT_S")


def test_a_name_that_a_plugin_declares_belongs_to_the_plugin(monkeypatch):
    @dataclass(frozen=True)
    class Own:
        isolate: str = ""
        memory_limit_gb: float = 1.0

    monkeypatch.setenv("CCP4HOOKS_SITE_MEMORY_LIMIT_GB", "2")
    table = {"isolate": "from water", "hook_limit_s": 5}
    settings = replace(load_settings(), tables={"site": table})
    assert settings.plugin("site", Own) == Own(isolate="from water", memory_limit_gb=2.0)
    assert settings.limits("site", Own) == HookLimits(hook_limit_s=5, hook_warning_s=60.0)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"isolate": 1}, "The setting plugins.site.isolate in None must be of type bool, not int."),
        ({"hook_limit_s": -1.0}, "The setting plugins.site.hook_limit_s in None is -1.0; it must be at least 0."),
        ({"memory_limit_gb": float("nan")}, "it must be a finite number"),
    ],
)
def test_an_invalid_limit_is_refused(table, message):
    settings = Settings(projects_dir=Path("/p"), tables={"site": table})
    with pytest.raises(BadInputError, match=message):
        settings.limits("site", None)
