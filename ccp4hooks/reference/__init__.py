"""The writers of generated reference pages: the commands, the values, the functions, and the test kit.

Each module is run by itself, and may import everything in ccp4hooks.
"""
