"""MLflow, which records the same job as a run in one batch and copies its ten input files as artifacts."""

from pathlib import Path

from benchmarks.sides import mlflow_batch
from benchmarks.sides.common import JOB_FILES, number, small_files, timed

prepare = mlflow_batch.prepare


class Side(mlflow_batch.Side):
    """MLflow with its own database and a directory of artifacts."""

    def __init__(self, place):
        super().__init__(place)
        self.folder = place.folder
        self.experiment = self.client.create_experiment("files", (place.folder / "artifacts").as_uri())

    def track(self, _size):
        """Record one run with its files as tags and its input files as artifacts, and KPIs as metrics."""
        sources = small_files(self.folder / "sources" / str(number()), JOB_FILES)

        def work():
            run = self._record()
            for path in sources:
                self.client.log_artifact(run, str(path))
            self._copied(Path(self.client.get_run(run).info.artifact_uri.removeprefix("file://")))

        return timed(work)

    def _copied(self, directory):
        """Do nothing more with the copies."""
