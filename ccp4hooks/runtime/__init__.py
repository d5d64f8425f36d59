"""The operating system: paths, signals, child processes, the watchdog, the standard streams.

May import the values of `ccp4hooks.model` and the errors. Must not import a plugin manager, ccp4i2 or Django.
"""
