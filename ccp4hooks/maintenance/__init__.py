"""Maintain recorded jobs: recover, replay, re-extract, cancel and label them.

May import `ccp4hooks.queries` and what is below it. Must not import a session.
"""
