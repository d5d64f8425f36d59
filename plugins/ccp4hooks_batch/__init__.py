"""Submit jobs to the scheduler of a cluster: SLURM, PBS, LSF, Grid Engine or HTCondor. An engine enables this plugin.

It writes the script of a job, and submits it, asks for states and ends jobs by the commands of the scheduler.
"""

from ccp4hooks_batch.options import BatchOptions
from ccp4hooks_batch.plugin import BatchPlugin

__all__ = ["BatchOptions", "BatchPlugin"]
