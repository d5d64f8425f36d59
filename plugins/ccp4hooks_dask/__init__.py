"""Submit jobs to a pool of workers of dask.distributed. An engine enables this plugin.

The workers are processes of this machine, those of a scheduler of dask that runs already, or jobs of a cluster that
dask-jobqueue starts (``pip install 'ccp4hooks[dask]'``). A worker keeps CCP4i2 imported between its jobs.
"""

from ccp4hooks_dask.options import DaskOptions
from ccp4hooks_dask.plugin import DaskPlugin

__all__ = ["DaskOptions", "DaskPlugin"]
