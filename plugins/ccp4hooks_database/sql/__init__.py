"""Statements that plain Django executes too slowly: prepared queries, bulk inserts, synchronization of rows.

Each module states the gain that was measured. May import Django with its private compiler. Must not know jobs.
"""
