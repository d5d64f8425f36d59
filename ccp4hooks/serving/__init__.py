"""The live page: a local web server that shows projects, jobs, logs and files while jobs run. It only reads.

May import the session, `ccp4hooks.reports` and what is below them. Must not import the command line, and must not
change a record or a file of a project.
"""
