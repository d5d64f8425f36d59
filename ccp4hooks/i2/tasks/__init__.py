"""CCP4i2's tasks: their table, their descriptions, their def files, and the text of their modules.

May import the modules of `ccp4hooks.i2` beside it, and what they may import. Must not import a task, except through
`ccp4hooks.i2.scripts`.
"""
