import pytest

from ccp4hooks import TaskDescription, hookimpl


@pytest.mark.parametrize(("text", "words"), [(None, "No such file"), ("<a>\n<b></a>", "line 2, column 5")])
def test_a_task_whose_def_file_cannot_be_read_is_left_out_by_name(hook_session, tmp_path, text, words):
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
