"""The life of a job: opened, its input files imported, run, its outputs extracted, recorded; with its sub-jobs.

May import `ccp4hooks.tasks`, `ccp4hooks.outcomes`, `ccp4hooks.i2` and the rooms below them. Must not import a session.

Imports inside the room go down this list only: runner; tracking; scripts (how a live script finds its job); sub_jobs;
process; lifecycle; inputs and outputs; active_job; opening; run_context.
"""
