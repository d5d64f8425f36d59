"""Run the command ``ccp4hooks`` as ``python -m ccp4hooks``."""

from ccp4hooks.cli import main

main()
