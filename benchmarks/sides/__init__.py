"""The sides to compare. Each runs in its own process."""
