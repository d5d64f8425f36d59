"""Statements that Django makes too slowly: prepared queries, inserts of many rows, bringing rows up to date.

May import Django, its private compiler included. Must know nothing of jobs.
"""
