"""Jobs that are over, lost or elsewhere: queries, recovery, replay, adoption, extraction done again, cancelling.

May import `ccp4hooks.jobs` and what is below it. Must not import a session.
"""
