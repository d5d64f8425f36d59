"""The sources of a task: its def file, and the text of its module.

May import the modules of `ccp4hooks.i2` beside it, and what they may import. Must not import a task.
"""
