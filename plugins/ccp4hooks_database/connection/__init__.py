"""The connection to the database: URL, start of Django, connections, transactions, locks, migrations, errors.

May import the plugin's settings. Must not know jobs.
"""
