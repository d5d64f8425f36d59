"""The tasks that can be run, of CCP4i2 and of plugins: their def files, and their parameters as a user gives them.

May import `ccp4hooks.i2` and `ccp4hooks.plugins`. Must not start a job.
"""
