"""What a job leaves on disk: the outcome file, its checks, its JSON Schema, and the log.

May import `ccp4hooks.runtime` and the values of `ccp4hooks.model`. Must not call a hook or import ccp4i2.
"""
