"""One module per subcommand, loaded when the subcommand is called.

These modules may import everything in ccp4hooks except the test kit. Modules that import asyncio, ccp4i2 or Django are
imported inside functions.
"""
