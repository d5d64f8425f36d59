"""The files of a job, as values: asked for, known, put in, imported, gleaned. Paths are absolute, times in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

from ccp4hooks.model.jobs import Project
from ccp4hooks.model.kpis import KpiValue
from ccp4hooks.model.origins import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class FileQuery:
    """Which known file is meant: by identity, by path, or as a job's output.

    Attributes:
        project: The project to look in.
        uuid: Identity of the file.
        path: Where it lies.
        job_number: Number of the job that wrote it, used with `parameter`.
        parameter: Its parameter, without ``outputData.``: ``"FREEROUT"``, ``"MINIMTZOUTLIST[0]"``.
    """

    project: Project
    uuid: UUID | None = None
    path: Path | None = None
    job_number: str | None = None
    parameter: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFile:
    """A file that is already recorded.

    Attributes:
        uuid: Its identity.
        path: Where it lies.
        file_type: MIME type, for instance ``"application/CCP4-mtz-observed"``.
        parameter: Its parameter in the job it came from, without the container's name.
        content_flag: CCP4i2's code of which columns or format it holds, None if unknown.
        sub_type: CCP4i2's code of its role, None if unset.
        annotation: One line for people.
        md5: Of its content, as recorded at import; empty where none was taken.
    """

    uuid: UUID
    path: Path
    file_type: str
    parameter: str = ""
    content_flag: int | None = None
    sub_type: int | None = None
    annotation: str = ""
    md5: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFile:
    """A file that is set in a script's ``inputData``.

    Attributes:
        parameter: ``"inputData.F_SIGF"``, list items ``"inputData.DICT_LIST[0]"``.
        path: Where it lies.
        file_type: MIME type; ``"Unknown"`` where CCP4i2 has none for its class.
        class_name: CData class, for instance ``"CObsDataFile"``.
        content_flag: See `KnownFile`.
        sub_type: See `KnownFile`.
        annotation: One line for people.
        is_directory: Whether the parameter asks for a directory.
        in_place: Whether it must stay where it is (one frame of an image sequence).
        columns: Column labels for each content flag of a mini-MTZ class, in the order of the flags 1, 2, ...
    """

    parameter: str
    path: Path
    file_type: str
    class_name: str = ""
    content_flag: int | None = None
    sub_type: int | None = None
    annotation: str = ""
    is_directory: bool = False
    in_place: bool = False
    columns: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedFile:
    """An outside input file and its copy in ``CCP4_IMPORTED_FILES``.

    Attributes:
        uuid: Identity of the file; that of the earlier import where `reused`.
        parameter: ``"inputData.F_SIGF"``.
        path: The copy.
        source: Where it was brought in from.
        md5: Hexadecimal, 32 characters, of the content.
        sha256: Hexadecimal, 64 characters, of the content; empty where `reused` from a record without.
        size_bytes: Size of the content.
        modified_at: Modification time of the source.
        file_type: MIME type.
        class_name: CData class.
        content_flag: See `KnownFile`.
        sub_type: See `KnownFile`.
        annotation: One line for people.
        reused: Whether the project already had this content, so that nothing was copied.
        columns: See `InputFile`.
        origin: The plugin that imported it.
    """

    uuid: UUID
    parameter: str
    path: Path
    source: Path
    md5: str
    sha256: str
    size_bytes: int
    modified_at: datetime
    file_type: str
    class_name: str = ""
    content_flag: int | None = None
    sub_type: int | None = None
    annotation: str = ""
    reused: bool = False
    columns: tuple[tuple[str, ...], ...] = ()
    origin: Origin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileUse:
    """A job's use of a file that was recorded before: role IN.

    Attributes:
        file_uuid: Identity of the file.
        parameter: ``"inputData.FREERFLAG"``.
        path: Where it lies.
    """

    file_uuid: UUID
    parameter: str
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMetadata:
    """What a `glean_file` implementation knows of a file; None means no opinion.

    Attributes:
        file_type: MIME type.
        content_flag: See `KnownFile`.
        sub_type: See `KnownFile`.
        annotation: One line for people.
        extra: Anything else, by name; kept in the outcome file.
    """

    file_type: str | None = None
    content_flag: int | None = None
    sub_type: int | None = None
    annotation: str | None = None
    extra: Mapping[str, KpiValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class GleanedFile:
    """An output file of a job, with all that the plugins know of it.

    Attributes:
        uuid: Identity, see `Job.file_uuid`.
        parameter: ``"outputData.XYZOUT"``, list items ``"outputData.MINIMTZOUTLIST[0]"``.
        path: Where it lies.
        size_bytes: Its size when it was gleaned.
        file_type: MIME type; ``"Unknown"`` where nobody knows it.
        class_name: CData class.
        content_flag: See `KnownFile`.
        sub_type: See `KnownFile`.
        annotation: One line for people.
        columns: See `InputFile`.
        extra: Further values from plugins, by name.
        origins: Who gave which field; ``"file"`` is who found the file.
    """

    uuid: UUID
    parameter: str
    path: Path
    size_bytes: int
    file_type: str
    class_name: str = ""
    content_flag: int | None = None
    sub_type: int | None = None
    annotation: str = ""
    columns: tuple[tuple[str, ...], ...] = ()
    extra: Mapping[str, KpiValue] = field(default_factory=dict)
    origins: Mapping[str, Origin] = field(default_factory=dict)
