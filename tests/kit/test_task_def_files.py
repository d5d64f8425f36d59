from pathlib import Path

import pytest

import ccp4hooks_demo
from ccp4hooks import BadInputError, TaskDescription, hookimpl
from ccp4hooks.cli.commands.describe import about
from ccp4hooks.cli.commands.doctor import session_findings
from ccp4hooks.testing import TaskContract

WHOLE = "ccp4hooks_demo:demo_pipeline.def.xml"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "No such file"),
        ("<a>\n<b></a>", "line 2, column 5"),
        ('<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hosts">]><a>&e;</a>', "declares a document type"),
    ],
)
def test_a_task_with_an_unreadable_def_file_is_left_out(hook_session, tmp_path, text, words):
    path = tmp_path / "odd.def.xml"
    if text:
        path.write_text(text)

    class Bringer:
        @hookimpl
        def register_tasks(self):
            yield TaskDescription(name="odd_task", title="Odd", script="odd:Odd", def_file=path)

    session = hook_session(Bringer())
    assert "odd_task" not in {task.name for task in session.tasks()}
    (problem,) = session.problems
    assert "task 'odd_task' of plugin 'Bringer' was left out" in problem.message
    assert str(path) in problem.message
    assert words in problem.message


def test_every_error_in_a_def_file_is_reported_with_plugin_file_element_and_cure(hook_session, tmp_path):
    path = tmp_path / "odd.def.xml"
    path.write_text('<ccp4i2><ccp4i2_body id="t">\n<container/>\n<contaner/></ccp4i2_body></ccp4i2>')

    class Bringer:
        @hookimpl
        def register_tasks(self):
            yield TaskDescription(name="odd_task", title="Odd", script="odd:Odd", def_file=path)
            yield TaskDescription(name="fine", title="Fine", script="fine:Fine", def_file=WHOLE)

    session = hook_session(Bringer())
    names = {task.name for task in session.tasks()}
    assert ("odd_task" in names, "fine" in names) == (False, True)
    what = f"the task 'odd_task' of plugin 'Bringer' was left out: its def file {path}, line"
    assert [problem.message for problem in session.problems] == [
        f'{what} 3, <contaner>: CCP4i2 ignores this element inside <ccp4i2_body id="t">. Did you mean <container>?',
        f'{what} 2, <container>: it has no id, so CCP4i2 ignores it. Give it one: id="NAME".',
    ]
    with pytest.raises(BadInputError, match=r"The task 'odd_task' cannot be used:\n.*line 3.*\n.*line 2"):
        session.run("odd_task", project="p")


def test_a_qualifier_that_nothing_reads_is_told_and_leaves_no_task_out(hook_session, tmp_path):
    path = tmp_path / "site.def.xml"
    text = (Path(ccp4hooks_demo.__file__).parent / "demo_pipeline.def.xml").read_text(encoding="utf-8")
    path.write_text(text.replace("<guiLabel>", "<siteWidget>dial</siteWidget>\n<guiLabel>", 1), encoding="utf-8")

    class Bringer:
        @hookimpl
        def register_tasks(self):
            yield TaskDescription(
                name="demo_pipeline", title="Site", script="ccp4hooks_demo.pipeline:DemoPipeline", def_file=path
            )

    session = hook_session(Bringer())
    assert session.tasks_left_out() == session.problems == ()
    (task,) = [one for one in session.tasks() if one.plugin == "Bringer"]
    (warning,) = task.warnings
    assert warning.startswith(f"its def file {path}, line ")
    assert "<siteWidget>: in <content id=" in warning
    assert f"Warning: {warning}" in list(about(task))
    told = [one for one in session_findings(session) if one.text == f"Warning: demo_pipeline: {warning}"]
    assert [(one.about, one.exit_code) for one in told] == [("task", 0)]

    class Contract(TaskContract):
        plugin = Bringer
        task = "demo_pipeline"

    with pytest.warns(UserWarning, match="the task 'demo_pipeline': its def file .*<siteWidget>"):
        Contract().test_its_description_is_valid(hook_session)
    assert [one.warnings for one in hook_session(ccp4hooks_demo).tasks() if one.name == "demo_pipeline"] == [()]
