"""Submit jobs to the scheduler of a cluster: SLURM, PBS, LSF, Grid Engine or HTCondor. An engine enables this plugin.

It submits with the providers of Parsl (``pip install 'ccp4hooks[batch]'``), which write the script of a job and give it
to the scheduler. It asks the scheduler for the states of jobs and ends jobs by commands of its own.
"""

from ccp4hooks_batch.options import BatchOptions
from ccp4hooks_batch.plugin import BatchPlugin

__all__ = ["BatchOptions", "BatchPlugin"]
