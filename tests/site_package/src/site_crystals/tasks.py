"""Register the task of the site."""

from ccp4hooks import TaskDescription, hookimpl

ccp4hooks_requires = ">=1.0,<2"


@hookimpl
def register_tasks():
    """Describe the task without importing its script or its report."""
    yield TaskDescription(
        name="site_count",
        title="Count the atoms of a model",
        description="Count atoms and residues with gemmi.",
        script="site_crystals.script:SiteCount",
        def_file="site_crystals:site_count.def.xml",
        report="site_crystals.report:SiteReport",
        needs_ccp4=False,
    )
