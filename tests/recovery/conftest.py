# Run as a program by the state machine, with its directory on the path.
collect_ignore = ["actor.py"]
