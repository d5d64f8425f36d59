"""The files of a job: queries, recorded files, input files, imported files and output files.

Paths are absolute. Times are timezone-aware and in UTC.
"""

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
    """A query for one recorded file: by UUID, by path, or as the output of a job.

    Attributes:
        project: The project to search.
        uuid: UUID of the file, or None.
        path: Path of the file, or None.
        job_number: Number of the job that wrote the file, or None. Used together with `parameter`.
        parameter: Output parameter without ``outputData.``, for instance ``"FREEROUT"`` or ``"MINIMTZOUTLIST[0]"``, or
            None.
    """

    project: Project
    uuid: UUID | None = None
    path: Path | None = None
    job_number: str | None = None
    parameter: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFile:
    """A file that is recorded in the database.

    Attributes:
        uuid: UUID of the file.
        path: Path of the file.
        file_type: MIME type, for instance ``"application/CCP4-mtz-observed"``.
        parameter: Parameter of the job that wrote or imported the file, without the name of the container.
        content_flag: CCP4i2's code for the columns or the format of the content; None if unknown.
        sub_type: CCP4i2's code for the role of the file; None if unset.
        annotation: Description for display, in one line.
        md5: MD5 checksum of the content when the file was imported, in hexadecimal; empty if none was recorded.
        job_number: Number of the job that wrote or imported the file; empty if it is not known.
    """

    uuid: UUID
    path: Path
    file_type: str
    parameter: str = ""
    content_flag: int | None = None
    sub_type: int | None = None
    annotation: str = ""
    md5: str = ""
    job_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFile:
    """A file that is set in the ``inputData`` of a script.

    Attributes:
        parameter: Parameter, for instance ``"inputData.F_SIGF"``; an item of a list is ``"inputData.DICT_LIST[0]"``.
        path: Path of the file.
        file_type: MIME type; ``"Unknown"`` if CCP4i2 has none for the class.
        class_name: CData class, for instance ``"CObsDataFile"``.
        content_flag: CCP4i2's code for the columns or the format of the content; None if unknown.
        sub_type: CCP4i2's code for the role of the file; None if unset.
        annotation: Description for display, in one line.
        is_directory: Whether the parameter expects a directory.
        in_place: Whether the file must not be copied, because it is one image of a sequence.
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
    """An input file from outside the project and its copy in ``CCP4_IMPORTED_FILES``.

    Attributes:
        uuid: UUID of the copy; the UUID of the earlier import if `reused`.
        parameter: Input parameter, for instance ``"inputData.F_SIGF"``.
        path: Path of the copy.
        source: Path of the file outside the project.
        md5: MD5 checksum of the content, 32 hexadecimal digits.
        sha256: SHA-256 checksum of the content, 64 hexadecimal digits; empty if `reused` and not recorded before.
        size_bytes: Size of the content [byte].
        modified_at: Modification time of the source (UTC).
        file_type: MIME type; ``"Unknown"`` if CCP4i2 has none for the class.
        class_name: CData class, for instance ``"CObsDataFile"``.
        content_flag: CCP4i2's code for the columns or the format of the content; None if unknown.
        sub_type: CCP4i2's code for the role of the file; None if unset.
        annotation: Description for display, in one line.
        reused: Whether the project already had this content, so that nothing was copied.
        columns: Column labels for each content flag of a mini-MTZ class, in the order of the flags 1, 2, ...
        origin: The plugin that imported the file.
        source_md5: MD5 checksum of the source if the copy holds only some of its columns; otherwise empty.
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
    source_md5: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileUse:
    """The use of a file as an input of a job, if the file was recorded before the job (role IN).

    Attributes:
        file_uuid: UUID of the file.
        parameter: Input parameter, for instance ``"inputData.FREERFLAG"``.
        path: Path of the file.
    """

    file_uuid: UUID
    parameter: str
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMetadata:
    """Metadata of an output file, as an implementation of `glean_file` returns them; None keeps the present value.

    Attributes:
        file_type: MIME type.
        content_flag: CCP4i2's code for the columns or the format of the content.
        sub_type: CCP4i2's code for the role of the file.
        annotation: Description for display, in one line.
        extra: Further values by name; the outcome file keeps them.
    """

    file_type: str | None = None
    content_flag: int | None = None
    sub_type: int | None = None
    annotation: str | None = None
    extra: Mapping[str, KpiValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class GleanedFile:
    """An output file of a job, with the metadata from all plugins.

    Attributes:
        uuid: UUID of the file, as `Job.file_uuid` returns it.
        parameter: Output parameter, for instance ``"outputData.XYZOUT"``; an item of a list is
            ``"outputData.MINIMTZOUTLIST[0]"``.
        path: Path of the file.
        size_bytes: Size of the file when its metadata were extracted [byte].
        file_type: MIME type; ``"Unknown"`` if no plugin and no class declares it.
        class_name: CData class, for instance ``"CObsDataFile"``.
        content_flag: CCP4i2's code for the columns or the format of the content; None if unknown.
        sub_type: CCP4i2's code for the role of the file; None if unset.
        annotation: Description for display, in one line.
        columns: Column labels for each content flag of a mini-MTZ class, in the order of the flags 1, 2, ...
        extra: Further values from plugins, by name.
        origins: The plugin that each field comes from, by name of the field; ``"file"`` names the plugin that found
            the file.
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
