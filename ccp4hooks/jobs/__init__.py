"""The life of a job: opened, its files brought in, run, its outputs read, recorded; with its sub-jobs.

May import `ccp4hooks.tasks`, `ccp4hooks.outcomes`, `ccp4hooks.i2` and what is below them. Must not import a session.
"""
