"""The asyncio front end, which runs tasks and sub-jobs in separate threads or processes.

This package may import the session and the packages below it. It must not import the command line.
"""
