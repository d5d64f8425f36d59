"""One module per subcommand, loaded when the command is called.

May import anything of ccp4hooks but the test kit, inside of functions where that imports asyncio, ccp4i2 or Django.
"""
