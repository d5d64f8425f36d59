"""`AsyncDatabaseHandler`: CCP4i2's published methods, asynchronous, synchronous and by their old names.

May import all other rooms of this plugin but `server`. Must not make a query of its own.
"""
