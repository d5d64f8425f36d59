"""Read what a script was asked to do, completely: to ask another script the same, and to compare two requests."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ccp4hooks.i2 import containers, simple_values
from ccp4hooks.i2.containers import SETTABLE
from ccp4hooks.i2.recorded_values import (
    NOT_PARAMETERS,
    below,
    defaults_of,
    file_parts,
    is_secret,
    set_flags,
    typed_name,
)
from ccp4hooks.i2.simple_values import SIMPLE_TYPES
from ccp4hooks.model.plain import PlainValue

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from ccp4hooks.i2.protocols import DataFile, Script, SimpleValue


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """Where a file is, as a file object stores it.

    Attributes:
        project: UUID of the project, or an empty text.
        directory: Directory relative to that of the project, an absolute path, or an empty text.
        name: Name of the file, or its path.
        uuid: UUID under which the file is recorded, or an empty text.
        sub_type: CCP4i2's code for the role of the file; None if unset.
        present: The path as the script finds it, or None if it was not asked for, or if there is none.
    """

    project: str
    directory: str
    name: str
    uuid: str
    sub_type: int | None
    present: Path | None

    def path(self, project: Path | None) -> Path | None:
        """Return the path, or None if it is in a project whose directory is not known.

        Args:
            project: The directory of the project; None if it is not known.
        """
        place = Path(self.directory, self.name)
        if place.is_absolute():
            return place
        return None if project is None else project / place


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestValue:
    """A value with which a script is to run.

    Attributes:
        path: Full path of the parameter, for instance ``"controlParameters.NCYC"``.
        name: Name as it is typed on the command line.
        value: The value, or where the file is.
        is_set: Whether it was assigned, and is not the default.
        is_secret: Whether the value is a secret.
    """

    path: str
    name: str
    value: PlainValue | StoredFile
    is_set: bool
    is_secret: bool


def request_values(script: Script, *, given: Collection[str] = (), resolve: bool = False) -> Iterator[RequestValue]:
    """Yield all values with which a script is to run, assigned ones and defaults, in the order of declaration.

    An empty text counts as none: CCP4i2 3.0 assigns it to most texts.

    Args:
        script: The script.
        given: Full paths of the parameters that the request has given. Of what can be said of files, such as a content
            flag, these values are returned, and the content flags of `set_flags` in any case.
        resolve: Whether to ask for the paths of files, which CCP4i2 knows if the script is in its project.
    """
    tops = [(name, top) for name, top in containers.children(script.container) if name not in NOT_PARAMETERS]
    inputs = {name for top_name, top in tops if top_name == SETTABLE[0] for name, _ in containers.children(top)}
    defaults = defaults_of(script)
    told = {*given, *set_flags(script)}
    for path, obj in below(tops):
        leaves: Iterable[tuple[str, SimpleValue]] = [(path, obj)] if containers.is_a(obj, *SIMPLE_TYPES) else []
        if containers.is_a(obj, "CDataFile"):
            file = _stored_file(obj, resolve=resolve)
            if file is None:
                continue
            name = typed_name(path, inputs)
            yield RequestValue(path=path, name=name, value=file, is_set=True, is_secret=is_secret(path, obj))
            leaves = file_parts(path, obj, told)
        for leaf_path, leaf in leaves:
            default = defaults.get(leaf_path)
            value = _simple_value(leaf, default)
            if value is not None:
                yield RequestValue(
                    path=leaf_path,
                    name=typed_name(leaf_path, inputs),
                    value=value,
                    is_set=simple_values.was_assigned(leaf) and (type(value), value) != (type(default), default),
                    is_secret=is_secret(leaf_path, leaf),
                )


def _simple_value(obj: SimpleValue, default: PlainValue | None) -> PlainValue | None:
    """Return a simple value, or None if it was not assigned and has no default."""
    if not simple_values.was_assigned(obj) and not simple_values.has_default(obj):
        return None
    value = simple_values.simple_value(obj)
    return None if value == "" and default in (None, "") else value


def _stored_file(obj: DataFile, *, resolve: bool) -> StoredFile | None:
    """Return where a file is, or None if the file object is not set."""
    if not obj.isSet():
        return None
    texts = {name: str(containers.value_of(obj, name) or "") for name in ("project", "relPath", "baseName", "dbFileId")}
    sub_type = containers.value_or_default(obj, "subType")
    if not texts["baseName"] and not texts["dbFileId"]:
        return None
    return StoredFile(
        project=texts["project"],
        directory=texts["relPath"],
        name=texts["baseName"],
        uuid=texts["dbFileId"],
        sub_type=None if sub_type is None else int(sub_type),
        present=containers.file_path(obj) if resolve else None,
    )
