"""Engines: submit jobs to other machines, run them there, and submit them again.

The truth about a job is its record and its outcome file. What an engine says of it is a hint, which recovery uses.
May import the rooms below `session`, but not `reports`.
"""
