"""Operating system services: paths, signals, child processes, the watchdog and the standard streams.

This package may import `ccp4hooks.model` and `ccp4hooks.errors`. It must not import a plugin manager, ccp4i2 or Django.
"""
