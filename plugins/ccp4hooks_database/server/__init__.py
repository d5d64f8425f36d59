"""CCP4i2's own server and runners: the patches that make them run their jobs through ccp4hooks, and their check.

May import `api` and the rooms below it. Must not be imported by other rooms; `apps` and `plugin` import it.
"""
