"""MLflow, which records the same job as a run in one batch."""

import time

from benchmarks.sides.common import JOB_FILES, JOB_KPIS, timed


def prepare(_place):
    """Check that MLflow is installed."""
    try:
        import mlflow  # noqa: F401
    except ImportError as error:
        raise NotImplementedError("mlflow is not installed (`pip install 'ccp4hooks[bench]'`)") from error


class Side:
    """MLflow with its own database."""

    def __init__(self, place):
        from mlflow import MlflowClient

        self.client = MlflowClient(tracking_uri=f"sqlite:///{place.folder / 'mlflow.sqlite3'}")
        self.experiment = self.client.create_experiment("main")

    def track(self, _size):
        """Record one run, with files as tags and KPIs as metrics."""
        return timed(self._record)

    def _record(self):
        """Record one run, and return its identifier."""
        from mlflow.entities import Metric, RunTag

        at = int(time.time() * 1000)
        values = [Metric(f"value{n}", n / 7, at, 0) for n in range(JOB_KPIS)]
        files = [RunTag(f"file{n}", f"CCP4_JOBS/job_1/model{n}.pdb") for n in range(2 * JOB_FILES)]
        run = self.client.create_run(self.experiment).info.run_id
        self.client.log_batch(run, metrics=values, tags=files)
        self.client.set_terminated(run)
        return run
