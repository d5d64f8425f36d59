"""Find, check and call hook plugins, and contain their failures.

May import the hook specification, the settings, and the rooms below them. Must not import ccp4i2, and must not depend
on how a job runs.
"""
