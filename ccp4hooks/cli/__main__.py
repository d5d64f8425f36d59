"""Run the command ``ccp4hooks`` as ``python -m ccp4hooks.cli``."""

from ccp4hooks.cli import main

main()
