"""CCP4i2's own server and runners, put on the hooks: what is replaced in them, and how that stands.

May import `api` and what is below it. Must not be imported by any other room but the Django app.
"""
