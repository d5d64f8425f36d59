"""Faults of the extraction of files and of performance values."""

from faults import checks
from faults.fault import topic

FAULTS = []

add = topic("Extraction", FAULTS)
add(
    "files_come_in_random_order",
    "many_outputs",
    lambda seen: [row["parameter"] for row in seen["files"]] != list(checks.DECLARED),
    "Output files are recorded in a random order.",
    "They are recorded in the order in which the task declares them.",
    in_3_1=False,
)
add(
    "files_are_extracted_twice",
    "many_outputs",
    lambda seen: list(seen["writes"].values()) != [1] * checks.OUTPUTS,
    "Every file of a job is extracted and recorded twice.",
    "Every file is extracted and recorded once.",
)
add(
    "output_of_an_embedded_wrapper_replaces_another",
    "wrapped",
    lambda seen: [row["name"] for row in seen["files"]] != ["XYZOUT.pdb"] * checks.WRAPPED,
    "The output of an embedded wrapper replaces the sub-job's own output of the same name.",
    "The job's own outputs are recorded.",
)
add(
    "file_in_a_sub_directory_is_lost",
    "subdirectory",
    checks.not_recorded_where_it_is,
    "An output whose path is set to a sub-directory of the job is not recorded.",
    "It is recorded.",
)
add(
    "file_in_a_sub_directory_is_recorded_in_the_job_directory",
    "relative_subdirectory",
    checks.not_recorded_where_it_is,
    "An output whose `relPath` is a sub-directory of the job is recorded with a path in the job directory, where no "
    "such file exists.",
    "It is recorded with its real path.",
)
add(
    "file_outside_is_recorded_in_the_job_directory",
    "outside",
    checks.recorded_where_nothing_is,
    "An output outside the job directory is recorded with a path inside, where no such file exists.",
    "It is not recorded, and the outcome reports it.",
)
add(
    "site_class_has_no_type",
    "many_outputs",
    lambda seen: {row["type"] for row in seen["files"]} != {"chemical/x-pdb"},
    "A file of a site's subclass of `CPdbDataFile` has the type `unknown`.",
    "It has the type that its class declares or inherits.",
)
add(
    "unset_content_is_zero",
    "many_outputs",
    lambda seen: any(row["content"] == 0 for row in seen["files"]),
    "A content flag that the task did not set is stored as 0, which is no content flag.",
    "It is read from the file, or stored as unset.",
    in_3_1=False,
)
add(
    "mmcif_is_renamed_over_another_file",
    "mmcif",
    lambda seen: "a file of the task's own" not in seen["cif"],
    "An mmCIF file named `.pdb` is renamed to `.cif` and overwrites an existing file.",
    "Files of tasks are not renamed.",
)
add(
    "rows_survive_a_second_run",
    "again",
    checks.recorded_where_nothing_is,
    "When a job runs again, the rows of files that only the earlier run wrote remain.",
    "The rows are those of the last run.",
)
add(
    "extraction_prints",
    "many_outputs",
    lambda seen: bool(seen["printed"]),
    "Extraction prints debug output to standard output.",
    "Nothing is printed.",
)

add = topic("Performance values", FAULTS)
for name, key, what, in_3_1 in (
    ("whole_number", "cycles", "A whole number", False),
    ("boolean", "converged", "A boolean value", True),
    ("zero", "shift", "Exactly 0.0", True),
):
    add(
        f"{name}_is_dropped",
        "kinds",
        lambda seen, key=key: key not in seen["kpis"]["1"],
        f"{what} is dropped.",
        "It is recorded.",
        in_3_1=in_3_1,
    )
add(
    "only_indicators_of_two_names_are_read",
    "kinds",
    lambda seen: "nAtoms" not in seen["kpis"]["1"],
    "An indicator is read only if it is called `PERFORMANCE` or `PERFORMANCEINDICATOR`; `NATOMS` is not.",
    "Every indicator of `outputData` is read.",
)
add(
    "only_one_indicator_is_read",
    "kinds",
    lambda seen: "remark" not in seen["kpis"]["1"],
    "Of several indicators, only one is read.",
    "All indicators are read.",
)
add(
    "nan_loses_the_values_after_it",
    "nan",
    checks.good_values_missing,
    "A NaN causes the loss of the values that follow it.",
    "It is left out with a problem; no other value is lost.",
    in_3_1=False,
)
add(
    "long_key_loses_the_values_after_it",
    "long_key",
    checks.good_values_missing,
    "On PostgreSQL, a name of more than 50 characters causes the loss of the values that follow it.",
    "It is left out with a problem; no other value is lost.",
    database="postgresql",
)
add(
    "long_text_loses_the_values_after_it",
    "long_text",
    checks.good_values_missing,
    "On PostgreSQL, a text of more than 255 characters causes the loss of the values that follow it.",
    "It is left out with a problem; no other value is lost.",
    database="postgresql",
)
add(
    "infinity_breaks_the_job_list",
    "infinite",
    lambda seen: seen["answers"] != {"kinds": [200, 200], "infinite": [200, 200]},
    "After one infinite value, CCP4i2's REST server answers requests for the project's jobs with status 500.",
    "It is left out with a problem.",
    in_3_1=False,
)
