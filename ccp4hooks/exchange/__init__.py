"""Take over jobs from elsewhere: from another machine, another project, or a dry run.

May import `ccp4hooks.maintenance` and what is below it. Must not import a session.
"""
