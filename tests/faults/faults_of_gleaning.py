"""Faults of gleaning and of performance values."""

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
)
add(
    "files_are_gleaned_twice",
    "many_outputs",
    lambda seen: list(seen["writes"].values()) != [1] * checks.OUTPUTS,
    "Every file of a job is extracted and written twice.",
    "Once.",
)
add(
    "embedded_wrapper_takes_the_place",
    "wrapped",
    lambda seen: [row["name"] for row in seen["files"]] != ["XYZOUT.pdb"] * checks.WRAPPED,
    "The output of an embedded wrapper takes the place of the sub-job's own output of the same name.",
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
    "file_in_a_sub_directory_is_recorded_beside_it",
    "relative_subdirectory",
    checks.not_recorded_where_it_is,
    "An output whose `relPath` is a sub-directory of the job is recorded in the job directory, where it is not.",
    "It is recorded where it is.",
)
add(
    "file_outside_is_recorded_inside",
    "outside",
    checks.recorded_where_nothing_is,
    "An output outside of the job directory is recorded in it, where it is not.",
    "It is not recorded, and the outcome reports it.",
)
add(
    "site_class_has_no_type",
    "many_outputs",
    lambda seen: {row["type"] for row in seen["files"]} != {"chemical/x-pdb"},
    "A file of a site's subclass of `CPdbDataFile` is of type `unknown`.",
    "It is of the type that its class declares or inherits.",
)
add(
    "unset_content_is_zero",
    "many_outputs",
    lambda seen: any(row["content"] == 0 for row in seen["files"]),
    "A content flag that the task left open is stored as 0, which stands for nothing.",
    "It is read off the file, or left open.",
)
add(
    "mmcif_is_renamed_over_another_file",
    "mmcif",
    lambda seen: "a file of the task's own" not in seen["cif"],
    "An mmCIF file named `.pdb` is renamed to `.cif`, over a file that is there.",
    "No file of a task is renamed.",
)
add(
    "rows_survive_a_second_run",
    "again",
    checks.recorded_where_nothing_is,
    "When a job is run again, rows of files that it has not written this time stay.",
    "What is recorded is what the last run has left.",
)
add(
    "gleaning_prints",
    "many_outputs",
    lambda seen: bool(seen["printed"]),
    "Extraction prints lines for debugging to standard output.",
    "Nothing is printed.",
)

add = topic("Performance values", FAULTS)
for name, key, what in (
    ("whole_number", "cycles", "A whole number"),
    ("truth_value", "converged", "A truth value"),
    ("zero", "shift", "Exactly 0.0"),
):
    add(
        f"{name}_is_dropped",
        "kinds",
        lambda seen, key=key: key not in seen["kpis"]["1"],
        f"{what} is dropped.",
        "It is recorded.",
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
    "Of several indicators one is read.",
    "All are.",
)
add(
    "nan_loses_the_values_after_it",
    "nan",
    checks.good_values_missing,
    "A NaN loses the values that come after it.",
    "It is left out with a problem; no other value is lost.",
)
add(
    "long_key_loses_the_values_after_it",
    "long_key",
    checks.good_values_missing,
    "A name of more than 50 characters loses the values that come after it, on PostgreSQL.",
    "It is left out with a problem; no other value is lost.",
    database="postgresql",
)
add(
    "long_text_loses_the_values_after_it",
    "long_text",
    checks.good_values_missing,
    "A text of more than 255 characters loses the values that come after it, on PostgreSQL.",
    "It is left out with a problem; no other value is lost.",
    database="postgresql",
)
add(
    "infinity_breaks_the_job_list",
    "infinite",
    lambda seen: seen["answers"] != {"kinds": [200, 200], "infinite": [200, 200]},
    "After one infinite value, CCP4i2's REST server answers 500 when it is asked for the project's jobs.",
    "The value is left out with a problem.",
)
