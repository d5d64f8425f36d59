"""`AsyncDatabaseHandler`: the published methods of CCP4i2's handler, asynchronous and synchronous.

May import all other rooms of this plugin except `server`. Must make no query of its own.
"""
