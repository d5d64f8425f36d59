"""Read recorded jobs: list, search, follow and watch them, from the database or from the outcome files.

May import `ccp4hooks.jobs` and what is below it. Must not change a record or a file.
"""
