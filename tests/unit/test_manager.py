import re
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType

import pytest
from unit.samples import make_settings

from ccp4hooks import BadInputError, Settings, UnknownNameError, hookimpl, load_settings
from ccp4hooks.hookspecs import CONTRACT_VERSION, HOOKS
from ccp4hooks.plugins.discovery import BUILT_IN, PluginState
from ccp4hooks.plugins.manager import PluginManager, left_out


class Checker:
    @hookimpl
    def pre_import(self, job):
        return ()


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Writes plugin modules that can be imported."""
    monkeypatch.syspath_prepend(str(tmp_path))
    names = []

    def write(name, text):
        (tmp_path / f"{name}.py").write_text(f"from ccp4hooks import hookimpl\n{text}\n")
        names.append(name)
        return name

    yield write
    for name in names:
        sys.modules.pop(name, None)


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Installs distributions that provide a plugin by entry point."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def install(distribution, entry, group="ccp4hooks"):
        folder = tmp_path / f"{distribution}-2.5.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 2.5\n")
        (folder / "entry_points.txt").write_text(f"[{group}]\n{entry}\n")

    return install


def by_name(manager):
    return {record.name: record for record in manager.records}


def only(plugin, **settings):
    """Return the record of one plugin that is registered as an object."""
    return by_name(PluginManager(make_settings(**settings), {"mine": plugin}))["mine"]


def test_the_four_built_in_plugins_are_found_by_entry_point():
    records = by_name(PluginManager(Settings(projects_dir=None)))
    loaded = [record.name for record in records.values() if record.state is PluginState.LOADED]
    assert tuple(loaded) == BUILT_IN
    assert {record.distribution for record in records.values()} == {"ccp4hooks"}


def test_an_optional_plugin_is_not_imported_until_it_is_enabled_by_name(module, installed):
    module("p_optional", "@hookimpl\ndef pre_import():\n    return ()")
    installed("optional-dist", "costly = p_optional", group="ccp4hooks.optional")
    record = by_name(PluginManager(make_settings()))["costly"]
    assert (record.state, "p_optional" in sys.modules) == (PluginState.DISABLED, False)
    assert record.why == 'off by default; enable it with `-p costly` or use = ["costly"]'
    for switch in ("costly", "p_optional"):
        assert by_name(PluginManager(make_settings(None, switch)))["costly"].state is PluginState.LOADED


def test_the_hooks_are_listed_in_the_order_in_which_a_job_calls_them():
    names = list(HOOKS)
    in_order = ["pre_import", "open_job", "import_file", "post_execute", "glean_file", "glean_kpi", "job_finished"]
    assert [name for name in names if name in in_order] == in_order
    assert HOOKS["glean_file"].arguments == ("job", "script", "file")


def test_a_disabled_plugin_is_not_imported(module, installed):
    module("p_off", "raise AssertionError('imported')")
    installed("off-dist", "off = p_off")
    record = by_name(PluginManager(make_settings(None, "no:off")))["off"]
    assert (record.state, record.why) == (PluginState.DISABLED, "switched off by no:off")
    assert "p_off" not in sys.modules


@pytest.mark.parametrize("value", ['"p_ok"', "p ok", "p_ok:", "p_ok:a b", ""])
def test_an_entry_point_with_an_invalid_value_is_a_plugin_that_failed(installed, value):
    installed("wrong-dist", f"wrong = {value}")
    found = by_name(PluginManager(make_settings()))["wrong"]
    assert found.state is PluginState.FAILED
    assert f"cannot be imported: its entry point is 'wrong = {value}'" in found.why.replace('\\"', '"')
    assert "Write NAME = package.module, or package.module:object" in found.why
    assert by_name(PluginManager(make_settings(None, "no:wrong")))["wrong"].state is PluginState.DISABLED


def test_of_two_entry_points_for_one_module_the_second_is_a_conflict(module, installed):
    module("p_twice", "@hookimpl\ndef pre_import():\n    return ()")
    installed("twice-dist", "one = p_twice\ntwo = p_twice")
    records = by_name(PluginManager(make_settings()))
    assert (records["one"].state, records["two"].state) == (PluginState.LOADED, PluginState.CONFLICT)
    why = "its entry point names the same object as that of the plugin 'one'. Remove one of the two"
    assert records["two"].why == why


def test_the_last_switch_for_a_plugin_counts():
    assert by_name(PluginManager(make_settings(None, "no:kpi", "kpi")))["kpi"].state is PluginState.LOADED
    assert by_name(PluginManager(make_settings(None, "kpi", "no:kpi")))["kpi"].state is PluginState.DISABLED


def test_without_autoload_only_requested_plugins_are_loaded():
    manager = PluginManager(Settings(projects_dir=None, autoload=False, plugins=("kpi",)))
    loaded = [record.name for record in manager.records if record.state is PluginState.LOADED]
    assert loaded == ["kpi"]
    assert by_name(manager)["validation"].why == "not requested, and autoload is off"


@pytest.mark.parametrize("switch", ["no:kpy", "kpy", "", "no:", "a..b", "not-a-module", "os.path.nothing"])
def test_an_unknown_plugin_name_is_an_error(switch):
    with pytest.raises(UnknownNameError):
        PluginManager(make_settings(None, switch))


def test_the_error_for_a_misspelt_plugin_gives_the_nearest_name():
    with pytest.raises(UnknownNameError, match="did you mean validation"):
        PluginManager(make_settings(None, "no:validaton"))


def test_a_module_can_be_enabled_by_its_name(module):
    name = module("p_module", "@hookimpl\ndef pre_import(job):\n    return ()")
    record = by_name(PluginManager(make_settings(None, name)))[name]
    assert (record.state, record.hooks, record.module) == (PluginState.LOADED, ("pre_import",), name)


def test_a_module_that_is_already_loaded_under_another_name_is_bad_input():
    records = PluginManager(make_settings(None, "ccp4hooks_kpi")).records
    loaded = [record for record in records if record.module == "ccp4hooks_kpi" and record.state is PluginState.LOADED]
    assert len(loaded) == 1


def test_an_extra_plugin_cannot_have_the_name_of_a_loaded_one():
    with pytest.raises(BadInputError, match="kpi"):
        PluginManager(make_settings(), {"kpi": Checker()})


@pytest.mark.parametrize("text", ["raise ValueError('why')", "import sys; sys.exit(4)", "import nothing_of_that_name"])
def test_a_requested_module_that_cannot_be_imported_is_an_error(module, text):
    with pytest.raises(BadInputError, match="The plugin module 'p_broken' cannot be imported"):
        PluginManager(make_settings(None, module("p_broken", text)))


def test_an_installed_plugin_that_cannot_be_imported_does_not_affect_the_others(module, installed):
    module("p_installed", "raise ValueError('why')")
    installed("broken-dist", "broken = p_installed")
    records = by_name(PluginManager(make_settings()))
    assert records["broken"].state is PluginState.FAILED
    assert records["broken"].why.startswith("cannot be imported: ValueError: why (")
    assert records["kpi"].state is PluginState.LOADED


def test_the_record_of_an_installed_plugin_has_its_distribution_and_version(module, installed):
    module("p_good", "@hookimpl\ndef pre_import():\n    return ()")
    installed("good-dist", "good = p_good")
    record = by_name(PluginManager(make_settings()))["good"]
    assert (record.distribution, record.version, record.origin.version) == ("good-dist", "2.5", "2.5")
    assert record.duration_s > 0


def test_two_distributions_with_plugins_of_the_same_name_are_a_conflict(installed):
    installed("one-dist", "same = ccp4hooks_kpi")
    installed("two-dist", "same = ccp4hooks_kpi")
    same = [record for record in PluginManager(make_settings()).records if record.name == "same"]
    assert [record.state for record in same] == [PluginState.CONFLICT, PluginState.CONFLICT]
    for record in same:
        assert record.why.endswith("provide a plugin with this name; uninstall all but one")
        assert "one-dist" in record.why
        assert "two-dist" in record.why


@pytest.mark.parametrize("required", [">=1,<2", ">=1.0", "~=1.0"])
def test_a_plugin_that_requires_this_version_of_the_specification_is_loaded(required):
    assert only(type("Fitting", (Checker,), {"ccp4hooks_requires": required})).state is PluginState.LOADED


def test_a_plugin_that_requires_a_newer_specification_is_rejected_before_it_is_built():
    class TooNew(Checker):
        ccp4hooks_requires = ">=2"

        def __init__(self):
            raise AssertionError("built")

    records = by_name(PluginManager(make_settings(), {"new": TooNew, "mine": Checker}))
    assert (records["new"].state, records["mine"].state) == (PluginState.REJECTED, PluginState.LOADED)
    said = f"version >=2 of the hook specification, and this is version {CONTRACT_VERSION}; install"
    assert said in records["new"].why


def test_a_module_may_state_the_version_that_it_requires(module):
    name = module("p_too_new", 'ccp4hooks_requires = ">=9"\n@hookimpl\ndef pre_import():\n    return ()')
    assert by_name(PluginManager(make_settings(None, name)))[name].state is PluginState.REJECTED


def test_a_required_version_that_is_not_a_version_range_is_reported():
    record = only(type("Odd", (Checker,), {"ccp4hooks_requires": "newest"}))
    assert record.state is PluginState.REJECTED
    assert "'newest', which is not a version range" in record.why


@dataclass(frozen=True, kw_only=True)
class Limits:
    limit: float = 1.5


class Limited(Checker):
    ccp4hooks_settings = Limits

    def __init__(self, limits):
        self.limits = limits


def test_a_class_is_built_with_its_settings():
    manager = PluginManager(make_settings(tables={"mine": {"limit": 2.5}}), {"mine": Limited})
    (implementation,) = [one for one in manager.plan()["pre_import"] if one.origin.plugin == "mine"]
    assert implementation.function.__self__.limits == Limits(limit=2.5)
    assert by_name(manager)["mine"].settings_type is Limits


def test_invalid_settings_of_a_plugin_are_an_error_of_the_user():
    with pytest.raises(UnknownNameError, match=r"did you mean plugins\.mine\.limit"):
        PluginManager(make_settings(tables={"mine": {"limitt": 2.5}}), {"mine": Limited})


def test_a_plugin_whose_settings_are_not_a_dataclass_fails():
    record = only(type("Odd", (Checker,), {"ccp4hooks_settings": int}))
    assert (record.state, record.why[:15]) == (PluginState.FAILED, "cannot be built")


def pre_imprt(job):
    """Misspelt."""


def pre_import_wrong(jobb):
    """With a misspelt argument."""


@pytest.mark.parametrize(
    ("options", "function", "why"),
    [
        ({}, pre_imprt, "it implements the unknown hook 'pre_imprt'; did you mean pre_import"),
        ({"specname": "pre_import"}, pre_import_wrong, "pre_import has no argument 'jobb'; did you mean job?"),
        ({"specname": "pre_import", "wrapper": True}, lambda job: (yield), "hook wrappers are not allowed"),
        ({"specname": "pre_import", "hookwrapper": True}, lambda job: (yield), "hook wrappers are not allowed"),
        ({"specname": "pre_import"}, lambda job=None: None, "must be positional and without a default"),
        ({"specname": "pre_import"}, lambda *, job: None, "must be positional and without a default"),
        ({"specname": "list_projects"}, lambda nothing: None, "its arguments are: none"),
    ],
)
def test_an_implementation_that_does_not_fit_its_hook_is_rejected_with_the_reason(options, function, why):
    plugin = type("Faulty", (), {"method": staticmethod(function)})()
    hookimpl(**({"specname": function.__name__} | options))(function)
    record = only(plugin)
    assert record.state is PluginState.REJECTED
    assert why in record.why


def test_all_faults_of_a_plugin_are_reported_together():
    class TwoFaults:
        @hookimpl
        def pre_imprt(self):
            """Misspelt."""

        @hookimpl
        def glean_kpi(self, joob):
            """With a misspelt argument."""

    record = only(TwoFaults())
    assert "pre_imprt" in record.why
    assert "joob" in record.why


def test_a_plugin_without_hooks_is_rejected():
    assert "implements no hook" in only(object()).why


def test_a_dataclass_with_slots_is_a_plugin():
    @dataclass(slots=True)
    class Counter:
        seen: list = field(default_factory=list)

        @hookimpl.post_execute
        def note(self, job):
            self.seen.append(job)

    record = only(Counter())
    assert (record.state, record.why, record.hooks) == (PluginState.LOADED, "", ("post_execute",))


def test_of_a_module_whose_class_implements_hooks_the_class_is_named():
    module = ModuleType("site_module")
    module.Plugin = type("Plugin", (Checker,), {"__module__": "site_module", "pre_import": Checker.pre_import})
    module.Other = Checker
    why = only(module).why
    assert 'its class Plugin does; enable the class by an entry point, NAME = "site_module:Plugin")' in why
    module.Plugin = object
    assert "are its functions marked with @hookimpl?" in only(module).why


def test_a_class_is_instantiated_and_an_exception_is_reported():
    assert only(Checker).state is PluginState.LOADED

    class Broken(Checker):
        def __init__(self):
            raise ValueError("no licence")

    record = only(Broken)
    assert record.state is PluginState.FAILED
    assert record.why.startswith("cannot be built: ValueError: no licence (")


def test_a_plugin_with_a_property_that_raises_does_not_affect_the_others():
    class Broken(Checker):
        @property
        def device(self):
            raise RuntimeError("not connected")

    assert only(Broken()).state in {PluginState.FAILED, PluginState.LOADED}


def test_a_plugin_is_configured_once_with_all_settings():
    class Configured:
        def __init__(self):
            self.seen = []

        @hookimpl
        def configure(self, settings):
            self.seen.append(settings)

    plugin = Configured()
    settings = make_settings()
    PluginManager(settings, {"mine": plugin, "other": Checker()})
    assert plugin.seen == [settings]


def test_a_plugin_that_cannot_be_configured_is_not_loaded():
    class Unconfigured(Checker):
        @hookimpl
        def configure(self):
            raise ValueError("no licence")

    manager = PluginManager(make_settings(), {"mine": Unconfigured()})
    assert by_name(manager)["mine"].why.startswith("cannot be configured: ValueError: no licence (")
    assert "mine" not in {one.origin.plugin for one in manager.plan()["pre_import"]}


def test_the_order_is_tryfirst_then_built_ins_then_names_then_trylast():
    class First:
        @hookimpl(tryfirst=True)
        def glean_kpi(self):
            return ()

    class Plain:
        @hookimpl
        def glean_kpi(self):
            return ()

    class Last:
        @hookimpl(trylast=True)
        def glean_kpi(self):
            return ()

    plugins = {"zz": Plain(), "aa-last": Last(), "bb": Plain(), "zz-first": First(), "aa-first": First()}
    plan = PluginManager(make_settings(), plugins).plan()
    assert [one.origin.plugin for one in plan["glean_kpi"]] == ["aa-first", "zz-first", "kpi", "bb", "zz", "aa-last"]


def test_a_plugin_that_is_not_allowed_is_not_imported(module, installed):
    installed("site-plugins", "site = site_plugin_not_allowed")
    module("site_plugin_not_allowed", "raise RuntimeError('imported')")
    records = by_name(PluginManager(Settings(projects_dir=None, allow=("kpi",))))
    assert (records["site"].state, records["kpi"].state) == (PluginState.DISABLED, PluginState.LOADED)
    assert records["site"].why == "not in the list plugins.allow"
    assert "site_plugin_not_allowed" not in sys.modules


def test_the_reason_of_a_disabled_plugin_names_the_source(monkeypatch, tmp_path, installed):
    installed("costly-dist", "costly = p_costly")
    file = tmp_path / "ccp4hooks.toml"
    file.write_text('use = ["no:kpi", "no:costly"]\n[plugins]\nallow = ["kpi", "database", "costly"]')
    monkeypatch.setenv("CCP4HOOKS_PLUGINS", "no:ccp4hooks_database, no:costly")
    records = by_name(PluginManager(load_settings(config=file, plugins=["no:costly"])))
    assert {name: records[name].why for name in ("kpi", "database", "costly", "validation")} == {
        "kpi": f"switched off by no:kpi ({file})",
        "database": "switched off by no:database ($CCP4HOOKS_PLUGINS)",
        "costly": "switched off by no:costly (option -p)",
        "validation": f"not in the list plugins.allow ({file})",
    }
    file.write_text("autoload = false")
    monkeypatch.delenv("CCP4HOOKS_PLUGINS")
    for place, settings in (
        (file, load_settings(config=file)),
        ("option --no-autoload", load_settings(config=file, autoload=False)),
    ):
        why = by_name(PluginManager(settings))["kpi"].why
        assert why == f"not requested, and autoload is off ({place})"


def test_the_error_for_a_misspelt_switch_names_its_source(monkeypatch, tmp_path):
    file = tmp_path / "ccp4hooks.toml"
    file.write_text('use = ["no:kpy"]')
    with pytest.raises(UnknownNameError, match=re.escape(f"It is set in {file}.")):
        PluginManager(load_settings(config=file))
    file.write_text("")
    monkeypatch.setenv("CCP4HOOKS_PLUGINS", "valdation")
    with pytest.raises(UnknownNameError, match=r"did you mean validation\? .* It is set in \$CCP4HOOKS_PLUGINS\."):
        PluginManager(load_settings(config=file))


@pytest.mark.parametrize(
    ("variable", "near"),
    [
        ("CCP4HOOKS_VALIDATION_STRICKT", "CCP4HOOKS_VALIDATION_STRICT"),
        ("CCP4HOOKS_VALIDATON_STRICT", "CCP4HOOKS_VALIDATION_STRICT"),
        ("CCP4HOOKS_MINE_LIMITS", "CCP4HOOKS_MINE_LIMIT"),
        ("CCP4HOOKS_PLUGIN", "CCP4HOOKS_PLUGINS"),
    ],
)
def test_the_error_for_a_misspelt_variable_gives_the_nearest_one(variable, near):
    with pytest.raises(UnknownNameError, match=rf"Unknown environment variable '{variable}'; did you mean {near}\?"):
        PluginManager(make_settings(environment={variable: "1"}), {"mine": Limited})


@pytest.mark.parametrize(
    ("variable", "near"),
    [
        ("CCP4HOOKS_MINE_RULE_LIMT", "CCP4HOOKS_MINE_RULE_LIMIT"),
        ("CCP4HOOKS_MINE_RULE_THE_LIMIT", "CCP4HOOKS_MINE_RULE_LIMIT"),
        ("CCP4HOOKS_MINE_RUL_LIMIT", "CCP4HOOKS_MINE_RULE_LIMIT"),
    ],
)
@pytest.mark.parametrize("names", [("mine", "mine-rule"), ("mine-rule", "mine")])
def test_a_variable_belongs_to_the_plugin_with_the_longest_name_that_it_begins_with(names, variable, near):
    settings = make_settings(environment={variable: "1"})
    with pytest.raises(UnknownNameError) as caught:
        PluginManager(settings, dict.fromkeys(names, Limited))
    assert f"did you mean {near}" in str(caught.value)
    owner = "mine-rule" if "RULE_" in variable else "mine"
    assert f"`ccp4hooks plugins show {owner}` lists" in str(caught.value)


def test_a_variable_of_a_plugin_without_settings_is_an_error():
    with pytest.raises(UnknownNameError, match="`ccp4hooks plugins show kpi` lists"):
        PluginManager(make_settings(environment={"CCP4HOOKS_KPI_LIMIT": "1"}))


@pytest.mark.parametrize("variable", ["CCP4HOOKS_NOTIFY_URLS", "CCP4HOOKS_DATABASE_X", "CCP4HOOKS_SITE_SCRATCH"])
def test_variables_that_may_belong_to_another_program_are_ignored(variable):
    manager = PluginManager(make_settings(environment={variable: "1", "CCP4HOOKS_DEBUG": "1"}))
    assert by_name(manager)["kpi"].state is PluginState.LOADED


def test_the_error_for_a_table_of_an_unknown_plugin_gives_only_similar_names():
    message = (
        r"^The settings have a table \[plugins\.validaton\], but no plugin has that name; "
        r"did you mean \[plugins\.validation\]\?$"
    )
    with pytest.raises(UnknownNameError, match=message) as caught:
        PluginManager(make_settings(tables={"validaton": {}}))
    assert caught.value.near == ("[plugins.validation]",)


def test_without_autoload_other_distributions_are_searched_only_for_an_unknown_name(module, installed):
    module("p_beside", "@hookimpl\ndef pre_import():\n    return ()")
    installed("beside-dist", "beside = p_beside")
    settings = Settings(projects_dir=None, autoload=False, plugins=("no:kpi",))
    manager = PluginManager(settings)
    assert {record.distribution for record in manager.records} == {"ccp4hooks"}
    (record,) = left_out(settings, manager.records)
    assert (record.name, record.version, record.state) == ("beside", "2.5", PluginState.DISABLED)
    assert record.why == "not requested, and autoload is off"
    for asking in ({"plugins": ("beside",)}, {"plugins": ("no:beside",)}, {"tables": {"beside": {}}}):
        asked = replace(settings, **asking)
        records = PluginManager(asked).records
        assert "beside" in {record.name for record in records}
        assert left_out(asked, records) == ()
    assert left_out(replace(settings, autoload=True), ()) == ()


@pytest.mark.parametrize(
    "text",
    [
        "Metadata-Version: 2.1\nName: odd-dist\nVersion: 3.1\n\nName: another\nVersion: 9\n",
        "version:3.1\r\nname:  odd-dist  \r\n\r\nName: another\r\n",
    ],
)
def test_name_and_version_are_read_from_the_headers_of_the_metadata(installed, tmp_path, text):
    installed("odd-dist", "odd = nothing_of_that_name")
    (tmp_path / "odd-dist-2.5.dist-info" / "METADATA").write_bytes(text.encode())
    record = by_name(PluginManager(make_settings()))["odd"]
    assert (record.distribution, record.version) == ("odd-dist", "3.1")


def test_a_distribution_without_metadata_does_not_affect_other_plugins(installed, tmp_path):
    installed("torn-dist", "torn = nothing_of_that_name")
    (tmp_path / "torn-dist-2.5.dist-info" / "METADATA").unlink()
    records = by_name(PluginManager(make_settings()))
    assert (records["torn"].distribution, records["kpi"].state) == ("", PluginState.LOADED)


@pytest.mark.parametrize("name", ["raises.py", "./raises.py", "plugins/raises.py"])
def test_a_file_given_as_a_plugin_gets_the_name_of_its_module(name):
    with pytest.raises(UnknownNameError) as caught:
        PluginManager(make_settings(Path("/nowhere"), name))
    assert "nor a module that can be imported. For the file, give the name of its module: raises." in str(caught.value)
