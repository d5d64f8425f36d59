"""A plugin that provides a task with a class of files of its own."""

from pathlib import Path

from ccp4hooks import DataType, TaskDescription, hookimpl


@hookimpl.register_types
def classes() -> list[DataType]:
    return [DataType(data_class="typed_scripts:CNotesFile", read=lambda path: path.read_text(encoding="utf-8"))]


@hookimpl.register_tasks
def tasks() -> list[TaskDescription]:
    return [
        TaskDescription(
            name="it_notes",
            title="Integration-test task",
            script="typed_scripts:it_notes",
            def_file=Path(__file__).with_name("it_notes.def.xml"),
            report="typed_scripts:NotesReport",
            needs_ccp4=False,
        )
    ]
