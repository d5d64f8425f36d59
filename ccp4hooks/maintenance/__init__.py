"""Maintain recorded jobs: query, recover, replay, adopt, re-extract and cancel them.

May import `ccp4hooks.jobs` and what is below it. Must not import a session.
"""
