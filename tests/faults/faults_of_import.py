"""Faults of import and of paths."""

from faults import checks
from faults.fault import topic

FAULTS = []

add = topic("Import", FAULTS)
add(
    "missing_input_is_a_warning",
    "missing_input",
    checks.was_run,
    "If an input file does not exist, CCP4i2 writes a line to a log and runs the job.",
    "The job is refused before it has a number, and the message names the file.",
)
add(
    "directory_as_input_is_a_warning",
    "directory_as_input",
    checks.was_run,
    "If an input file is a directory, CCP4i2 writes a line to a log and runs the job.",
    "The job is refused before it has a number, and the message names the directory.",
)
add(
    "stale_identity_hides_the_file",
    "stale_identity",
    lambda seen: not seen["imports"],
    "A file whose `dbFileId` is not in the database is neither imported nor recorded, and the job runs with it.",
    "ccp4hooks uses its path and imports it.",
)
add(
    "same_content_is_read_from_another_project",
    "same_content_elsewhere",
    lambda seen: checks.any_input(seen, lambda use: use["project_name"] != "same_content_elsewhere"),
    "If another project has imported the same content, the job reads that project's file.",
    "Each project has its own copy.",
    in_3_1=False,
)
add(
    "two_files_of_one_name_become_one",
    "same_name_at_once",
    lambda seen: len({one["path"] for one in seen["imports"]}) < 4 or checks.content_differs(seen),
    "Different files of one name that are imported at once become one file with several checksums.",
    "Each gets its own name.",
)
add(
    "failed_copy_leaves_truncated_files",
    "disk_full",
    lambda seen: bool(seen["left"]),
    "When the disk is full, two truncated copies keep their final names.",
    "No copy remains.",
)
add(
    "failed_copy_is_a_warning",
    "disk_full",
    checks.was_run,
    "When the disk is full, the job runs without its input.",
    "The job is withdrawn, and the message contains the system's error.",
)
add(
    "killed_copy_leaves_a_truncated_file",
    "killed_while_copying",
    lambda seen: bool(seen["left"]),
    "When the process is killed while it copies a file, a truncated file keeps the final name.",
    "A copy gets its final name when it is complete.",
)
add(
    "content_of_an_import_is_not_stored",
    "import_facts",
    lambda seen: checks.imported(seen)["content"] is None,
    "The content flag of an imported file is not stored.",
    "It is stored.",
)
add(
    "sub_type_of_an_import_is_not_stored",
    "import_facts",
    lambda seen: checks.imported(seen)["sub_type"] is None,
    "The sub-type of an imported file is not stored, so that tasks that require a sub-type never offer the file.",
    "It is stored.",
)
add(
    "annotation_of_an_import_is_empty",
    "import_facts",
    lambda seen: not checks.imported(seen)["annotation"],
    "The annotation of an imported file is empty.",
    "It contains the name of the source.",
)
add(
    "last_modified_is_the_time_of_the_import",
    "import_facts",
    lambda seen: not checks.imported(seen)["last_modified"].startswith("2017-07-14"),
    "`last_modified` of an import is the time of the import.",
    "It is the time at which the source was last modified.",
)
add(
    "list_items_have_no_name",
    "list_items",
    lambda seen: checks.any_input(seen, lambda use: use["used_as"].startswith("[")),
    "An item of a list is recorded as `[0]`, without the name of the list.",
    "It is recorded as `XYZ_LIST[0]`.",
    in_3_1=False,
)
add(
    "output_given_by_path_is_imported",
    "output_by_path",
    lambda seen: checks.any_input(seen, lambda use: "CCP4_JOBS" not in use["path"], "2"),
    "Another job's output that is given by its path is imported like an outside file: the jobs are not connected.",
    "It is recorded as a use of that job's file and not copied.",
)
add(
    "thousandth_file_of_a_name_is_not_imported",
    "many_of_one_name",
    lambda seen: not seen["imports"],
    "The 1,002nd file of one name is not imported; the job still runs.",
    "It is imported.",
)
add(
    "path_into_another_project_becomes_a_path_into_this_one",
    "path_of_another_project",
    lambda seen: not seen["said"] and checks.any_input(seen, lambda use: use["md5"] != seen["given"], "2"),
    "A path into another project's `CCP4_JOBS/job_1` becomes a path into this project's `job_1`, without a message.",
    "It is an error, and the message gives the reason.",
    in_3_1=False,
)

add = topic("Paths", FAULTS)
add(
    "path_is_unknown_on_the_event_loop",
    "event_loop",
    lambda seen: seen["path"] is None,
    "On the event loop, `get_file_path_sync` returns None for a recorded file.",
    "It returns the path.",
)
add(
    "each_query_of_the_project_directory_opens_a_connection",
    "event_loop",
    lambda seen: seen["opened"] > 1 or None in seen["directories"],
    "On the event loop, each `getProjectDirectory` opens a connection to the database.",
    "No call opens a connection.",
)
