"""Write a graph of jobs in the languages of Graphviz and Mermaid, for which texts are escaped, or as a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ccp4hooks.reports.pages import contents
from ccp4hooks.texts import counted, csv_text, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ccp4hooks.model import GraphedJob, JobGraph
    from ccp4hooks.reports.data.graph import Key

PLAIN = frozenset(" .,:-_/+=")
"""The characters besides letters and digits that mean nothing in a text of Mermaid."""

DOT_COLOURS = {"good": "#116329", "poor": "#7d4e00", "bad": "#a40e26", "busy": "#0550ae", "wait": "#57606a"}
"""The colour of the border of a job, for each tone of a status."""


def dot(shown: JobGraph) -> str:
    """Return a graph in the language of Graphviz."""
    lines = [
        f"digraph {dot_text(shown.project.name)} {{",
        '  graph [rankdir=LR, charset="UTF-8"];',
        '  node [shape=box, style=rounded, fontname="sans-serif"];',
        '  edge [fontname="sans-serif", fontsize=10];',
    ]
    jobs: dict[Key, GraphedJob] = {one.number: one for one in shown.jobs}
    names = _names(shown)
    for key, name in names.items():
        label = _dot_label(_label(key, jobs.get(key), shown))
        lines.append(f"  {name} [label={label}{_style(key, jobs.get(key), shown)}];")
    lines += [f"  {source} -> {target} [label={_dot_label(files)}];" for source, target, files in _edges(shown, names)]
    return "\n".join([*lines, "}", ""])


def mermaid(shown: JobGraph) -> str:
    """Return a graph in the language of Mermaid."""
    jobs: dict[Key, GraphedJob] = {one.number: one for one in shown.jobs}
    names = _names(shown)
    lines = ["flowchart LR"]
    for key, name in names.items():
        opening, closing = ("[", "]") if key in jobs else ("([", "])")
        lines.append(f"  {name}{opening}{_mermaid_label(_label(key, jobs.get(key), shown))}{closing}")
    lines += [f"  {source} -->|{_mermaid_label(files)}| {target}" for source, target, files in _edges(shown, names)]
    wrong = [names[one.number] for one in shown.jobs if one.went_wrong]
    best = [names[one.number] for one in shown.jobs if one.is_best]
    lines += ["  classDef wrong stroke:#a40e26,stroke-width:2px", f"  class {','.join(wrong)} wrong"] if wrong else []
    lines += ["  classDef best stroke:#116329,stroke-width:4px", f"  class {','.join(best)} best"] if best else []
    return "\n".join([*lines, ""])


def csv_table(shown: JobGraph) -> str:
    """Return the files of a graph as comma-separated values: which job has read them, and which one has made them."""
    columns = ["job", "parameter", "file", "made_by"]
    return csv_text(columns, ([one.job, one.short_parameter, one.path, one.made_by] for one in shown.links))


def dot_text(text: str) -> str:
    r"""Return a text in quotes, as a label or a name of Graphviz, in which nothing has a meaning.

    >>> print(dot_text('a "b" \\N &lt;'))
    "a \"b\" \\N &amp;lt;"
    """
    return f'"{_escaped_for_dot(text)}"'


def _dot_label(lines: Iterable[str]) -> str:
    return '"' + "\\n".join(map(_escaped_for_dot, lines)) + '"'


def _mermaid_label(lines: Iterable[str]) -> str:
    return '"' + "<br/>".join(map(mermaid_text, lines)) + '"'


def _escaped_for_dot(text: str) -> str:
    # Graphviz knows escape sequences and the entities of HTML.
    return printable(text).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")


def mermaid_text(text: str) -> str:
    """Return a text, for a label of Mermaid in quotes, in which nothing has a meaning.

    >>> mermaid_text('a "b" <i>')
    'a #34;b#34; #60;i#62;'
    """
    return "".join(one if one.isalnum() or one in PLAIN else f"#{ord(one)};" for one in printable(text))


def _names(shown: JobGraph) -> dict[Key, str]:
    """Return a name for each job and each file, which has no characters with a meaning."""
    keys: list[Key] = [one.number for one in shown.jobs]
    keys += [link.path if link.made_by is None else link.made_by for link in shown.links]
    unique = dict.fromkeys(keys)
    files = [key for key in unique if isinstance(key, Path)]
    names: dict[Key, str] = {path: f"file{at}" for at, path in enumerate(files, 1)}
    return {key: names.get(key) or f"job{str(key).replace('.', '_')}" for key in unique}


def _label(key: Key, job: GraphedJob | None, shown: JobGraph) -> Iterator[str]:
    """Yield the lines of a node."""
    if isinstance(key, Path):
        yield key.name
        return
    if job is None:
        yield f"job {key}"
        yield contents.absent(shown)
        return
    yield f"{job.number} {job.task}"
    if job.own_title:
        yield job.own_title
    yield ", ".join(
        filter(None, [contents.status_name(job), shown.titled_value(job), "the best" if job.is_best else ""])
    )
    if job.sub_jobs:
        yield counted(job.sub_jobs, "sub-job")


def _style(key: Key, job: GraphedJob | None, shown: JobGraph) -> str:
    if isinstance(key, Path):
        return ", shape=oval, style=solid"
    if job is None:
        return ', style="rounded,dashed"'
    tone = contents.status_of(job.status, has_died=job.has_died)["tone"]
    width = ", penwidth=3" if job.is_best else ""
    asked_for = ', style="rounded,bold"' if key == shown.job else ""
    return f', color="{DOT_COLOURS[tone]}"{width}{asked_for}'


def _edges(shown: JobGraph, names: dict[Key, str]) -> Iterator[tuple[str, str, list[str]]]:
    """Yield each line: where it begins, where it ends, and the files with their parameters."""
    found: dict[tuple[str, str], list[str]] = {}
    for link in shown.links:
        ends = names[link.path if link.made_by is None else link.made_by], names[link.job]
        found.setdefault(ends, []).append(_file_text(link.short_parameter, link.path, is_import=link.made_by is None))
    for (source, target), files in found.items():
        yield source, target, files


def _file_text(parameter: str, path: Path, *, is_import: bool) -> str:
    """Return by which parameter a file was read, and its name unless that stands where the line begins."""
    if is_import:
        return parameter or path.name
    return f"{parameter}: {path.name}" if parameter else path.name
