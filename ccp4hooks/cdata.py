"""The names for plugins that inspect the containers of a script, in addition to those of `ccp4hooks` itself."""

from ccp4hooks.i2.introspection import (
    FileAttributes,
    FileMetadataDict,
    check_file_attributes,
    debug_print_container_structure,
    extract_file_metadata,
    extract_kpi_values,
    extract_parameter_name,
    find_all_files,
    find_objects_by_type,
    find_objects_matching,
    get_file_full_path,
    get_merged_metadata,
    known_file_types,
    validate_file_metadata_completeness,
)
from ccp4hooks.i2.mtz import MAX_MILLER_INDEX, is_countable
from ccp4hooks.i2.patches import detect_zero_assignments
from ccp4hooks.i2.tasks.task_data_types import read_fault, type_label
from ccp4hooks.i2.versions import kpi_labels

__all__ = [
    "MAX_MILLER_INDEX",
    "FileAttributes",
    "FileMetadataDict",
    "check_file_attributes",
    "debug_print_container_structure",
    "detect_zero_assignments",
    "extract_file_metadata",
    "extract_kpi_values",
    "extract_parameter_name",
    "find_all_files",
    "find_objects_by_type",
    "find_objects_matching",
    "get_file_full_path",
    "get_merged_metadata",
    "is_countable",
    "known_file_types",
    "kpi_labels",
    "read_fault",
    "type_label",
    "validate_file_metadata_completeness",
]
