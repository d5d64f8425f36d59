# The processes that the tests start import these files, not pytest.
collect_ignore_glob = ["tasks/*", "*_side.py"]
