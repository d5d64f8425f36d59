"""Faults of concurrency, status and sub-jobs."""

from faults import checks
from faults.fault import topic

FAULTS = []

add = topic("Concurrency", FAULTS)
add(
    "jobs_are_lost_when_many_are_created",
    "created_at_once",
    checks.jobs_missing,
    'Of 60 jobs created at once on SQLite, some fail with "database is locked".',
    "Each gets a number; a transaction waits for its turn.",
    in_3_1=False,
)
add(
    "job_numbers_collide_when_many_are_created",
    "created_at_once",
    checks.jobs_missing,
    "Of 60 jobs created at once on PostgreSQL, some fail because two took the same number.",
    "Each gets its own number; the project's row is locked while a number is assigned.",
    database="postgresql",
)
add(
    "files_are_lost_when_several_jobs_finish",
    "finished_at_once",
    lambda seen: seen["files"] < seen["jobs_run"] * checks.OUTPUTS,
    "When four processes finish jobs on SQLite, rows of output files are lost, with a line in a log.",
    "Every row is recorded.",
    in_3_1=False,
)
add(
    "kpis_are_lost_when_several_jobs_finish",
    "finished_at_once",
    lambda seen: seen["kpis"] < seen["jobs_run"] * checks.INDICATORS,
    "When four processes finish jobs on SQLite, performance values are lost, with a line in a log.",
    "Every value is recorded.",
    in_3_1=False,
)
add(
    "finished_before_its_files_are_recorded",
    "many_outputs",
    lambda seen: any(status == "FINISHED" and files < checks.OUTPUTS for status, files in seen["history"]["1"]),
    "FINISHED is committed before the job's files are recorded.",
    "Status, files and values are committed together.",
    in_3_1=False,
)
add(
    "a_cached_project_overwrites_changes",
    "described_meanwhile",
    lambda seen: seen["description"] != "changed meanwhile",
    "Creating a job writes a cached row of the project and overwrites later changes by other processes.",
    "Opening a job changes only the project's last number and time of access.",
)

add = topic("Status", FAULTS)
add(
    "exception_leaves_running",
    "raises_while_tracked",
    checks.not_ended,
    "An exception inside `track_job` leaves the job RUNNING for ever.",
    "The job is FAILED, with a finish time.",
)
add(
    "ctrl_c_leaves_running",
    "ctrl_c",
    checks.not_ended,
    "Ctrl-C leaves the job RUNNING for ever.",
    "The job is INTERRUPTED, with a finish time.",
)
add(
    "sigterm_leaves_running",
    "terminated",
    checks.not_ended,
    "SIGTERM leaves the job RUNNING for ever.",
    "The job is INTERRUPTED, with a finish time.",
)
add(
    "program_survives_sigterm",
    "terminated",
    lambda seen: seen["program_runs"],
    "After SIGTERM the program that the job had started continues.",
    "The program is stopped.",
)
add(
    "sigkill_leaves_running",
    "killed",
    checks.not_ended,
    "SIGKILL leaves the job RUNNING for ever.",
    "The next command in the project makes it INTERRUPTED, with a finish time.",
)
add(
    "program_survives_sigkill",
    "killed",
    lambda seen: seen["program_runs"],
    "After SIGKILL the program that the job had started continues.",
    "A watchdog stops it.",
)
add(
    "cancelling_stops_nothing",
    "cancelled",
    lambda seen: seen["program_runs"],
    "Cancelling a job stores a status; its process and its program continue.",
    "Both are stopped.",
)
add(
    "cancelled_job_has_no_finish_time",
    "cancelled",
    lambda seen: seen["jobs"]["1"]["finish_time"] is None,
    "A cancelled job gets no finish time.",
    "It gets one.",
    in_3_1=False,
)
add(
    "tracking_a_new_script_crashes",
    "tracked_without_a_job",
    lambda seen: seen["jobs"].get("1", {}).get("status") != "FINISHED",
    "`track_job` of a script that has no job yet raises an AttributeError.",
    "`Session.track` opens a job for it.",
)
add(
    "unsatisfactory_becomes_finished",
    "unsatisfactory",
    lambda seen: checks.status(seen) != "UNSATISFACTORY",
    "A job that reports UNSATISFACTORY ends as FINISHED.",
    "It ends as UNSATISFACTORY.",
    in_3_1=False,
)
add(
    "failed_job_has_no_files",
    "late_failure",
    lambda seen: not seen["files"],
    "The files that a failed job has written are not recorded.",
    "They are recorded, because they show why the job failed.",
)
add(
    "failed_job_has_no_kpis",
    "late_failure",
    lambda seen: not seen["kpis"],
    "The performance values of a failed job are not recorded.",
    "They are recorded.",
)
add(
    "failed_job_has_no_finish_time",
    "late_failure",
    lambda seen: seen["jobs"]["1"]["finish_time"] is None,
    "A failed job gets no finish time.",
    "Every job that has ended has one.",
    in_3_1=False,
)
add(
    "unreadable_output_is_finished",
    "output_unreadable",
    lambda seen: checks.status(seen) == "FINISHED",
    "A job whose `processOutputFiles()` raises is FINISHED.",
    "It is FAILED, with the reason.",
    in_3_1=False,
)

add = topic("Sub-jobs", FAULTS)
add(
    "sub_job_is_never_running",
    "plain",
    lambda seen: "RUNNING" not in checks.statuses(seen, "1.1"),
    "A sub-job is PENDING until it ends; it is never RUNNING.",
    "It is RUNNING while it runs.",
)
add(
    "sub_job_uses_no_files",
    "plain",
    lambda seen: not checks.inputs_of(seen, "1.1"),
    "The input files of a sub-job are not recorded.",
    "They are recorded as for any job.",
)
add(
    "raising_sub_job_stays_pending",
    "child_raises",
    lambda seen: checks.status(seen, "1.1") != "FAILED",
    "A sub-job whose `process()` raises stays PENDING for ever.",
    "It is FAILED.",
)
add(
    "unreported_sub_job_fails_its_parent",
    "hidden_fails",
    checks.ends_twice,
    "A failing sub-job made with `reportToDatabase=False` makes its parent FAILED while the parent is running.",
    "It does not change the status of another job.",
)
add(
    "unreported_sub_job_finishes_its_parent",
    "hidden_finishes",
    checks.ends_twice,
    "A successful sub-job made with `reportToDatabase=False` makes its parent FINISHED while the parent is running.",
    "It does not change the status of another job.",
)
add(
    "sub_job_that_could_not_be_created_fails_its_parent",
    "unrecorded_sub_job",
    checks.ends_twice,
    "If the row of a sub-job cannot be created, the sub-job uses the row of its parent and makes it FAILED.",
    "It has its own outcome, which reports the error.",
)
add(
    "number_and_directory_differ",
    "drift",
    checks.not_recorded_where_it_is,
    "After an unreported sub-job, the number of the next one differs from that of its directory: its files are "
    "recorded with wrong paths.",
    "The number and the directory agree.",
)
add(
    "kpis_of_a_sub_job_with_its_own_process_are_lost",
    "child_reports",
    lambda seen: "1.1" not in seen["kpis"],
    "The performance values of a sub-job that overrides `process()` are lost.",
    "They are recorded.",
)
