"""The asyncio front end: tasks and nested jobs run in threads or processes of their own.

May import a session and all below it. Must not import the command line.
"""
