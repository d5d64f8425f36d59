"""CCP4i2 as it is: its scripts, containers, files, error reports and table of tasks.

The only room that imports ccp4i2 or knows the name of one of its attributes. May import what is below it, to contain
failures and to return values of `ccp4hooks.model`. Must not call a hook, and knows nothing of how a job runs.
"""
