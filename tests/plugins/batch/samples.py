"""A value of an environment variable."""

ODD = 'it\'s $HOME `id` "q" \\ %j\n$$ second'
"""A value that shells, templates and schedulers might change."""
