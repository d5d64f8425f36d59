"""Rows of CCP4i2's tables and of the side tables: one module per question, one function per hook.

May import `sql`, the models, and ccp4i2's models. Must be called in a transaction that `connection` has begun.
"""
