"""Read the input and output files of a script from its container."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import containers
from ccp4hooks.model import GleanedFile, InputFile, Job, KnownFile, Origin
from ccp4hooks.model.plain import plain_text
from ccp4hooks.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ccp4hooks.i2.protocols import DataFile, Script


def input_files(script: Script) -> list[InputFile]:
    """Return the files that are set in a script's ``inputData``, in the order of declaration.

    The files need not exist.
    """
    return [file for file, _ in input_objects(script)]


def input_objects(script: Script) -> list[tuple[InputFile, DataFile]]:
    """Return the same files, each with its object in the container."""
    return [(input_file(parameter, obj, path), obj) for parameter, obj, path in _file_objects(script, "inputData")]


def lost_inputs(script: Script) -> list[tuple[str, DataFile]]:
    """Return (parameter, object) for every file of a script's ``inputData`` that has an identity and no path.

    The file is not recorded, or does not exist any more.
    """
    return [
        (parameter, obj)
        for parameter, obj in _all_file_objects(script, "inputData")
        if containers.value_of(obj, "dbFileId")
        and not containers.value_of(obj, "baseName")
        and containers.file_path(obj) is None
    ]


def output_objects(script: Script) -> Iterator[tuple[str, DataFile, Path]]:
    """Yield (parameter, object, path) for every file that is set in a script's ``outputData``.

    The files need not exist.
    """
    return _file_objects(script, "outputData")


def existing_outputs(script: Script) -> Iterator[tuple[str, DataFile, Path]]:
    """Yield (parameter, object, path) for every file of a script's ``outputData`` that exists."""
    return (found for found in output_objects(script) if found[2].is_file())


def _file_objects(script: Script, container: str) -> Iterator[tuple[str, DataFile, Path]]:
    for parameter, obj in _all_file_objects(script, container):
        if (path := containers.file_path(obj)) is not None:
            yield parameter, obj, path


def _all_file_objects(script: Script, container: str) -> Iterator[tuple[str, DataFile]]:
    top = dict(containers.children(script.container)).get(container)
    if top is None:
        return
    for parameter, obj in containers.walk(top, container, closed=("CDataFile", "CPerformanceIndicator")):
        if containers.is_a(obj, "CDataFile"):
            yield parameter, obj


def input_file(parameter: str, obj: DataFile, path: Path) -> InputFile:
    """Return an input file with the metadata in its file object.

    Args:
        parameter: The path of the object, ``"inputData.F_SIGF"``.
        obj: The file object.
        path: The file; it need not be the one that the object points at.
    """
    return InputFile(
        parameter=parameter,
        path=path,
        is_directory=bool(containers.qualifier(obj, "isDirectory")),
        in_place=containers.in_image_sequence(obj),
        **file_facts(obj),
    )


def set_path(obj: DataFile, path: Path) -> None:
    """Make a file object point at a file."""
    if isinstance(containers.qualifier(obj, "requiredContentFlag"), str):
        # CCP4i2 keeps the qualifiers of the items of a list as text, which no content flag equals.
        obj.set_qualifier("requiredContentFlag", sorted(required_numbers(obj, "requiredContentFlag")))
    obj.setFullPath(str(path))


def required_numbers(obj: DataFile, name: str) -> set[int]:
    """Return the numbers in ``requiredContentFlag`` or ``requiredSubType``; empty if any will do.

    A def file or a class may declare one number, a list, or text with commas.
    """
    value = containers.qualifier(obj, name)
    listed = value.split(",") if isinstance(value, str) else value if isinstance(value, (list, tuple)) else [value]
    found = attempt(lambda: {int(one) for one in listed})
    return set() if isinstance(found, Failure) else found


def set_known_file(obj: DataFile, known: KnownFile) -> None:
    """Make a file object point at a recorded file, with the metadata that are recorded."""
    set_path(obj, known.path)
    recorded = {"contentFlag": known.content_flag, "subType": known.sub_type, "annotation": known.annotation or None}
    for name, value in recorded.items():
        if value is not None:
            containers.set_value(obj, name, value)


def set_missing_annotation(obj: DataFile, annotation: str) -> None:
    """Set the annotation of a file object that has none."""
    if containers.value_of(obj, "annotation") is None:
        containers.set_value(obj, "annotation", annotation)


def output_files(job: Job, script: Script) -> list[GleanedFile]:
    """Return the files of a script's ``outputData`` that exist, as the core reads them, in the order of declaration.

    Outputs of sub-jobs that the script declares as its own are among them. Metadata that plugins add are not, nor is a
    content flag that the class of a file cannot read.

    Args:
        job: The job that the script ran as.
        script: The script, its process ended.
    """
    core = Origin(plugin="core", version=__version__)
    found = list(existing_outputs(script))
    for _, obj, _ in found:
        read_content_flag(obj)
    return [output_file(job, parameter, obj, path, core) for parameter, obj, path in found]


def file_facts(obj: DataFile) -> dict[str, Any]:
    """Return the metadata in a file object: type, class, flags, annotation; an unset one is None, never 0."""
    return {
        "file_type": containers.file_type(obj),
        "class_name": type(obj).__name__,
        "content_flag": _flag(obj, "contentFlag") or None,
        "sub_type": _flag(obj, "subType"),
        "annotation": plain_text(str(containers.value_or_default(obj, "annotation") or "")),
        "columns": containers.signatures(obj),
    }


def _flag(obj: DataFile, name: str) -> int | None:
    value = containers.value_or_default(obj, name)
    return None if value is None else int(value)


def read_content_flag(obj: DataFile) -> str:
    """Read the content flag of a file from the file, if it is not set, and return why that failed; empty if it did not.

    The class of the file may be that of a plugin, and its method may raise anything.
    """
    found = attempt(obj.setContentFlag) if containers.value_of(obj, "contentFlag") is None else None
    return f"{type(obj).__name__} cannot read its content flag: {found.reason}" if isinstance(found, Failure) else ""


def output_file(job: Job, parameter: str, obj: DataFile, path: Path, core: Origin) -> GleanedFile:
    """Return an output file with the metadata that the core knows, before plugins are asked.

    Its content flag is that of the object, see `read_content_flag`.
    """
    facts = file_facts(obj)
    return GleanedFile(
        uuid=job.file_uuid("out", parameter),
        parameter=parameter,
        path=path,
        size_bytes=path.stat().st_size,
        origins=dict.fromkeys(("file", *(name for name in METADATA_FIELDS if facts[name] not in (None, ""))), core),
        **facts,
    )


METADATA_FIELDS = ("file_type", "content_flag", "sub_type", "annotation")
"""The fields of an output file that plugins may replace."""


def allowed_values(obj: Any) -> tuple[str, ...]:
    """Return the only allowed values of a parameter as text, or an empty tuple if there is no such restriction."""
    listed = containers.qualifier(obj, "enumerators") if containers.qualifier(obj, "onlyEnumerators") else None
    if isinstance(listed, str):
        listed = listed.split(",")
    return tuple(str(value).strip() for value in listed or ())
