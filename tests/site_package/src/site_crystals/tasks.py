"""The site's task."""

from ccp4hooks import TaskDescription, hookimpl

ccp4hooks_requires = ">=1.0,<2"


@hookimpl
def register_tasks():
    """Return the task; neither its script nor its report is imported for that."""
    yield TaskDescription(
        name="site_count",
        title="Count the atoms of a model",
        description="Count atoms and residues with gemmi.",
        script="site_crystals.script:SiteCount",
        def_file="site_crystals:site_count.def.xml",
        report="site_crystals.report:SiteReport",
        needs_ccp4=False,
    )
