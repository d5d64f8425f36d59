"""Reports over many jobs: what they contain, as data, and the page that shows it.

Only this room of the core imports Django, and of it only the template engine, which needs neither settings nor a
database. May import `ccp4hooks.queries` and what is below it. Must not change a record or a file of a project.
"""
