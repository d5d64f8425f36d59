# Imported by the processes that the tests start, not by pytest.
collect_ignore_glob = ["tasks/*", "*_side.py"]
