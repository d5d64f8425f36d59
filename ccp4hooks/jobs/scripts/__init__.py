"""Find the job of a live script: its database handler, its job, and single steps that a caller takes manually.

May import `ccp4hooks.jobs.job_tree` and the modules below it. Must not import `ccp4hooks.jobs.tracking`.
"""
