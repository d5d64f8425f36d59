"""Faults of import and of paths."""

from faults import checks
from faults.fault import topic

FAULTS = []

add = topic("Import", FAULTS)
add(
    "missing_input_is_a_warning",
    "missing_input",
    checks.was_run,
    "An input file that is not there is a line in a log, and the job is run.",
    "The job is refused before it has a number, and the message names the file.",
)
add(
    "directory_as_input_is_a_warning",
    "directory_as_input",
    checks.was_run,
    "A directory in the place of an input file is a line in a log, and the job is run.",
    "The job is refused before it has a number, and the message names the directory.",
)
add(
    "stale_identity_hides_the_file",
    "stale_identity",
    lambda seen: not seen["imports"],
    "A file whose `dbFileId` no database knows is neither imported nor recorded, and the job is run with it.",
    "Its path is what counts: it is imported.",
)
add(
    "same_content_is_taken_from_another_project",
    "same_content_elsewhere",
    lambda seen: checks.any_input(seen, lambda use: use["project_name"] != "same_content_elsewhere"),
    "A file whose content another project has imported is read from there.",
    "Each project has its own copy.",
)
add(
    "two_files_of_one_name_become_one",
    "same_name_at_once",
    lambda seen: len({one["path"] for one in seen["imports"]}) < 4 or checks.content_differs(seen),
    "Different files of one name, imported at once, end as one file, with the checksums of all.",
    "Each has a name of its own.",
)
add(
    "failed_copy_leaves_truncated_files",
    "disk_full",
    lambda seen: bool(seen["left"]),
    "When the disk is full, two truncated copies stay under final names.",
    "Nothing stays.",
)
add(
    "failed_copy_is_a_warning",
    "disk_full",
    checks.was_run,
    "When the disk is full, the job is run without its input.",
    "The job is withdrawn, and the message contains the system's error.",
)
add(
    "killed_copy_leaves_a_truncated_file",
    "killed_while_copying",
    lambda seen: bool(seen["left"]),
    "When the process is killed while it copies, a truncated file stays under the final name.",
    "A copy gets its final name when it is whole.",
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
    "The sub-type of an imported file is not stored, so that tasks which ask for one never offer the file.",
    "It is stored.",
)
add(
    "annotation_of_an_import_is_empty",
    "import_facts",
    lambda seen: not checks.imported(seen)["annotation"],
    "The annotation of an imported file is empty.",
    "It says what the file was imported from.",
)
add(
    "time_of_an_import_is_taken_for_its_change",
    "import_facts",
    lambda seen: not checks.imported(seen)["last_modified"].startswith("2017-07-14"),
    "`last_modified` of an import is the time of the import.",
    "It is when the file was last modified.",
)
add(
    "list_items_have_no_name",
    "list_items",
    lambda seen: checks.any_input(seen, lambda use: use["used_as"].startswith("[")),
    "An item of a list is recorded as `[0]`, whatever the list.",
    "It is recorded as `XYZ_LIST[0]`.",
)
add(
    "output_given_by_path_is_taken_for_foreign",
    "output_by_path",
    lambda seen: checks.any_input(seen, lambda use: "CCP4_JOBS" not in use["path"], "2"),
    "Another job's output, given by its path, is taken for a file from outside: the jobs are not connected.",
    "It is used where it is, as that job's file.",
)
add(
    "thousandth_file_of_a_name_is_not_imported",
    "many_of_one_name",
    lambda seen: not seen["imports"],
    "The 1,002nd file of one name is not imported; the job is run all the same.",
    "It is imported.",
)
add(
    "path_into_another_project_means_another_file",
    "path_of_another_project",
    lambda seen: not seen["said"] and checks.any_input(seen, lambda use: use["md5"] != seen["given"], "2"),
    "A path into another project's `CCP4_JOBS/job_1` silently becomes this project's own `job_1`.",
    "It is refused, and the message says why.",
)

add = topic("Paths", FAULTS)
add(
    "path_is_unknown_on_the_event_loop",
    "event_loop",
    lambda seen: seen["path"] is None,
    "On the event loop, `get_file_path_sync` of a recorded file is None.",
    "It is the path.",
)
add(
    "every_look_at_the_project_opens_a_connection",
    "event_loop",
    lambda seen: seen["opened"] > 1 or None in seen["directories"],
    "On the event loop, each `getProjectDirectory` opens a connection to the database.",
    "None does.",
)
