"""The files that a job leaves in its directory: the outcome file with its checks and its JSON Schema, and the log.

May import `ccp4hooks.runtime`, `ccp4hooks.failures` and `ccp4hooks.model`. Must not call a hook or import ccp4i2.
"""
