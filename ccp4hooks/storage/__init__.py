"""Manage the directories of projects and jobs on the disk.

May import `ccp4hooks.maintenance` and what is below it. Must not import a session.
"""
