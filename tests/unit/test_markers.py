"""`hookimpl` marks functions by their own name, and by the name of a hook."""

from types import SimpleNamespace

import pytest

from ccp4hooks import Kpi, hookimpl
from ccp4hooks.hookspecs import HOOKS


@hookimpl.glean_kpi
def count_files(job):
    return [Kpi(key="files", value=len(list(job.directory.iterdir())))]


@hookimpl.glean_kpi(tryfirst=True)
def of_first(job):
    return [Kpi(key="first", value=job.number)]


class Methods:
    @hookimpl.glean_kpi
    async def of_methods(self, script):
        return [Kpi(key="task", value=script.TASKNAME)]

    @hookimpl(specname="post_execute")
    def react(self):
        """React to nothing."""


def test_a_function_of_any_name_implements_the_hook_of_its_decorator(run_task, hook_session):
    plugin = SimpleNamespace(count=count_files, other=of_first)
    kpis = {kpi.key: kpi.value for kpi in run_task(plugin, Methods()).kpis}
    assert kpis["first"] == "1"
    assert kpis["task"] == "coordinate_selector"
    assert kpis["files"] > 0
    assert {"glean_kpi", "post_execute"} == set(hook_session(Methods()).plugins[-1].hooks)


def test_a_misspelt_hook_is_named_with_the_nearest():
    with pytest.raises(AttributeError, match=r"^unknown hook 'glean_kpis'; did you mean glean_kpi"):
        _ = hookimpl.glean_kpis
    with pytest.raises(AttributeError, match=r"^unknown hook 'zzz'$"):
        _ = hookimpl.zzz
    assert not hasattr(hookimpl, "__wrapped__")
    assert set(HOOKS) < set(dir(hookimpl))


def test_a_plugin_with_a_misspelt_hook_is_not_loaded_and_says_why(entry_point, hook_session, tmp_path, monkeypatch):
    code = "from ccp4hooks import hookimpl\n@hookimpl.glean_kpis\ndef f(job): ...\n"
    (tmp_path / "misspelt_hook.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    entry_point("misspelt", "misspelt_hook")
    told = r"misspelt: .*unknown hook 'glean_kpis'; did you mean glean_kpi.*misspelt_hook\.py, line 2"
    with pytest.raises(pytest.fail.Exception, match=told):
        hook_session()
