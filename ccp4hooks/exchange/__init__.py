"""Hand over projects and take over jobs: archives, RO-Crates, tables, and directories of jobs from elsewhere.

May import `ccp4hooks.maintenance` and what is below it. Must not import a session.
"""
