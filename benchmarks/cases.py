"""The benchmark cases and their targets."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A target for one case.

    Attributes:
        size: Size of the case.
        against: The side to compare with; empty for an absolute limit.
        at_most: Maximum ratio of our median to that of the other side, or our maximum median in the unit of the case.
        other_size: Size of the case on the other side; None for the same size.
        database: Database to which the target applies; empty for all.
    """

    size: int
    against: str
    at_most: float
    other_size: int | None = None
    database: str = ""

    def reached(self, medians):
        """Return the value to compare with `at_most`, None if it was not measured.

        Args:
            medians: Medians by side and size.
        """
        ours = medians.get(("ours", self.size))
        other = medians.get((self.against, self.size if self.other_size is None else self.other_size))
        if ours is None or (self.against and other is None):
            return None
        return ours / other if self.against else ours

    def text(self, unit):
        """Return the target in words."""
        if not self.against:
            return f"at size {self.size}: at most {self.at_most:g} {unit}"
        if self.against == "ours":
            return f"size {self.size} at most {self.at_most:g} times size {self.other_size}"
        if self.at_most < 1:
            return f"at size {self.size}: at least {1 / self.at_most:g} times faster than `{self.against}`"
        return f"at size {self.size}: at most {self.at_most:g} times `{self.against}`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One kind of work to measure.

    Attributes:
        name: Name of the method of a side that does the work.
        title: Title in the report.
        sizes: Sizes to measure.
        quick: Sizes to measure in a quick run.
        size_is: Unit of the size.
        targets: The targets.
        unit: Unit of the measurement.
        plotted: Whether to plot cost against size.
    """

    name: str
    title: str
    sizes: tuple[int, ...]
    quick: tuple[int, ...]
    size_is: str
    targets: tuple[Target, ...] = ()
    unit: str = "ms"
    plotted: bool = False


def faster(size, times, database=""):
    """Return the target to be at least `times` times faster than CCP4i2."""
    return Target(size=size, against="theirs", at_most=1 / times, database=database)


def near(size, side, times):
    """Return the target to take at most `times` times as long as another side."""
    return Target(size=size, against=side, at_most=times)


def under(size, limit):
    """Return the target to stay below an absolute limit."""
    return Target(size=size, against="", at_most=limit)


FLAT = Target(size=100000, against="ours", at_most=1.1, other_size=0)

CASES = (
    Case(
        name="track",
        title="Track one job: 10 files in, 10 out, 20 KPIs",
        sizes=(20,),
        quick=(20,),
        size_is="files",
        targets=(
            faster(20, 12, "sqlite"),
            faster(20, 14, "postgresql"),
            Target(size=20, against="theirs_newest", at_most=1 / 14),
            near(20, "mlflow_files", 1.2),
            near(20, "mlflow_flushed", 1.0),
            near(20, "fair", 1.3),
        ),
    ),
    Case(
        name="glean",
        title="Extract and record files",
        sizes=(1, 10, 100, 1000),
        quick=(1, 10, 100),
        size_is="files",
        targets=(faster(1000, 45), near(1000, "bulk", 3)),
        plotted=True,
    ),
    Case(
        name="kpis",
        title="Record KPIs",
        sizes=(20, 1000),
        quick=(20, 100),
        size_is="KPIs",
        targets=(faster(20, 15),),
        plotted=True,
    ),
    Case(
        name="opening",
        title="Open a job",
        sizes=(0, 1000, 10000, 100000),
        quick=(0, 1000),
        size_is="existing jobs",
        targets=(FLAT,),
        plotted=True,
    ),
    *(
        Case(
            name=name,
            title=title,
            sizes=(0, 1000, 10000, 100000),
            quick=(0, 1000),
            size_is="existing jobs",
            targets=(FLAT,),
        )
        for name, title in (
            ("ending", "Record the end of a job"),
            ("finding", "Find an imported file by its content"),
            ("showing", "Read the record of one job"),
            ("listing", "Read a page of 20 finished jobs"),
        )
    ),
    Case(
        name="importing",
        title="Import files of 4 KB",
        sizes=(1, 10, 100, 1000),
        quick=(1, 10, 100),
        size_is="files",
        targets=(faster(1000, 14), near(1000, "bulk", 1.3)),
        plotted=True,
    ),
    Case(
        name="importing_large",
        title="Import one large file",
        sizes=(100,),
        quick=(20,),
        size_is="MB",
        targets=(near(100, "floor", 1.1),),
    ),
    Case(
        name="freerflag",
        title="A whole freerflag job (`floor`: its `process()` alone)",
        sizes=(1,),
        quick=(1,),
        size_is="jobs",
        targets=(near(1, "floor", 1.35),),
    ),
    Case(
        name="together",
        title="Concurrent jobs of 0.5 s",
        sizes=(8, 32),
        quick=(8,),
        size_is="jobs",
    ),
    Case(
        name="many",
        title="Record jobs from eight processes at once, time per completely recorded job",
        sizes=(200,),
        quick=(16,),
        size_is="jobs",
    ),
    Case(
        name="processes",
        title="Record 25 jobs from each of several processes at once",
        sizes=(1, 2, 4, 8),
        quick=(1, 2),
        size_is="processes",
        unit="jobs/s",
    ),
    Case(
        name="whole_of_many",
        title="Minimum number of these jobs that were recorded completely",
        sizes=(200,),
        quick=(16,),
        size_is="jobs",
        unit="jobs",
    ),
    Case(
        name="hooks",
        title="One hook call",
        sizes=(0, 5, 20),
        quick=(0, 5, 20),
        size_is="plugins",
        targets=(under(0, 2), under(5, 10), under(20, 35)),
        unit="us",
    ),
    Case(
        name="traversal",
        title="Find all files of a container",
        sizes=(100, 1000, 10000),
        quick=(100, 1000),
        size_is="nodes",
        plotted=True,
    ),
    Case(
        name="installed",
        title="CPU time that installed plugins add to the start",
        sizes=(50,),
        quick=(50,),
        size_is="plugins",
        targets=(under(50, 30),),
    ),
    Case(
        name="installed_no_autoload",
        title="CPU time that installed plugins add to the start with `--no-autoload`",
        sizes=(50,),
        quick=(50,),
        size_is="plugins",
        targets=(under(50, 5),),
    ),
    Case(
        name="run_command",
        title="`ccp4hooks run freerflag` as a process (`floor`: the bare script as a process)",
        sizes=(1,),
        quick=(1,),
        size_is="",
        targets=(near(1, "floor", 1.5),),
    ),
    Case(
        name="run_command_untracked",
        title="The same with `-p no:database`",
        sizes=(1,),
        quick=(1,),
        size_is="",
        targets=(near(1, "floor", 1.25),),
    ),
    Case(
        name="version",
        title="`ccp4hooks --version` (`floor`: `python -c 'import click'`)",
        sizes=(1,),
        quick=(1,),
        size_is="",
        targets=(near(1, "floor", 1.5),),
    ),
    Case(
        name="help",
        title="`ccp4hooks --help` (`floor`: `python -c 'import click'`)",
        sizes=(1,),
        quick=(1,),
        size_is="",
        targets=(near(1, "floor", 1.5),),
    ),
    Case(
        name="memory",
        title="Peak memory of a freerflag job (`floor`: the script alone; at most 40 MB more are allowed)",
        sizes=(1,),
        quick=(1,),
        size_is="",
        unit="MB",
    ),
)
