"""A distribution of its own, for the tests that install it: pytest imports none of it."""

collect_ignore_glob = ["src/*"]
