from hypothesis import settings

# The same examples at every run, no time limit for one (a busy machine is no bug), nothing left on disk.
settings.register_profile("ccp4hooks", deadline=None, derandomize=True, database=None)
settings.load_profile("ccp4hooks")
