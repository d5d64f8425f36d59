"""A site's own task, gleaner and sink."""
