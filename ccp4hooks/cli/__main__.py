"""Let ``python -m ccp4hooks.cli`` be the command ``ccp4hooks``."""

from ccp4hooks.cli import main

main()
