"""Run the task of the benchmarks with a given number of files."""

from ccp4hooks import Settings, open_session

PDB = "ATOM      1  CA  ALA A   1      11.104   6.134  -6.504  1.00 10.00           C\n"


def bench_session(folder, *, extra=None):
    """Open a session with the task and a project `p` that has one job."""
    settings = Settings(
        projects_dir=folder / "p", database=f"sqlite:///{folder / 'db.sqlite3'}", plugins=("benchmarks.plugin",)
    )
    session = open_session(settings, extra=extra or {})
    session.open_job("bench_task", project="p")
    return session


def fill(files, folder, count):
    """Set a list of file parameters to new files."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        path = folder / f"{number}.pdb"
        path.write_text(f"REMARK {folder}/{number}\n{PDB}")
        item = files.makeItem()
        files.append(item)
        item.setFullPath(str(path))
