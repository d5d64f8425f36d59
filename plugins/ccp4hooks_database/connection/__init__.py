"""The one database of a session: its URL, Django's start, connections, transactions, locks, migrations, errors.

May import the plugin's settings and models. Must know nothing of jobs.
"""
