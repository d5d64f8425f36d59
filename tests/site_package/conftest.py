"""A separate distribution that tests install. pytest must not import its modules."""

collect_ignore_glob = ["src/*"]
