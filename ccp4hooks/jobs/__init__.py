"""Open a job, import its input files, run it, extract its outputs, and record it, with its sub-jobs.

May import `ccp4hooks.tasks`, `ccp4hooks.outcomes`, `ccp4hooks.i2` and the rooms below them. Must not import a session.

Imports inside the room go down this list only: runner; tracking; scripts (find the job of a live script); job_tree;
process; lifecycle; inputs and outputs; active_job; opening; run_context.
"""
