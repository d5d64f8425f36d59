"""The tasks of CCP4i2 and of plugins: how they are found, their parameters, and the rules for their input files.

This room may import `ccp4hooks.i2` and the rooms below it. It must not open or run a job.
"""
