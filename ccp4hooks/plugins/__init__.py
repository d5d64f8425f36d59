"""Finding, checking and calling hook plugins, and containing what they do wrong.

May import the hook specification, the settings and what is below them. Must not import ccp4i2, and knows nothing of
how a job runs.
"""
