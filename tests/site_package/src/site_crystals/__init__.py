"""A task, a plugin that extracts a KPI, and a sink of a site."""
