"""How a live script finds its job: its database handler, the job it belongs to, single steps taken manually.

May import `ccp4hooks.jobs.sub_jobs` and the modules below it. Must not import `ccp4hooks.jobs.tracking`.
"""
