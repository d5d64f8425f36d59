"""CCP4i2 as it is: its scripts, containers, files, error reports and table of tasks.

No other room imports ccp4i2 or knows the name of one of its attributes. May import `ccp4hooks.failures`, the errors,
`ccp4hooks.runtime.paths` and the values of `ccp4hooks.model`. Must not know of hooks or of how a job runs.
"""
