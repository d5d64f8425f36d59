"""Where jobs stand in the picture of what led to what."""

import tracemalloc

import pytest
from unit.reports.samples import AT
from unit.samples import make_project

from ccp4hooks.model import FileLink, GraphedJob, JobGraph, JobNumber, JobStatus
from ccp4hooks.reports.data import graph


def graph_of(tmp_path, jobs, links):
    """A graph of jobs with these numbers; (2, 1) means that job 2 has read a file of job 1, (2, "a") an import."""
    project = make_project(tmp_path)
    return JobGraph(
        project=project,
        made_at=AT,
        jobs=tuple(
            GraphedJob(
                number=JobNumber(str(number)),
                uuid=project.uuid,
                task="refine",
                title="refine",
                status=JobStatus.FINISHED,
            )
            for number in jobs
        ),
        links=tuple(
            FileLink(
                job=JobNumber(str(job)),
                path=tmp_path / str(source),
                made_by=JobNumber(str(source)) if isinstance(source, int) else None,
            )
            for job, source in links
        ),
    )


def places(picture):
    return {str(getattr(node.key, "name", node.key)): (node.band, node.column) for node in picture.nodes}


def test_a_job_stands_to_the_right_of_everything_that_it_has_read(tmp_path):
    picture = graph.layout(graph_of(tmp_path, [1, 2, 3, 4], [(1, "a"), (2, 1), (3, 1), (4, 3), (4, 1), (4, "b")]))
    assert places(picture) == {"a": (0, 0), "1": (0, 1), "2": (0, 2), "3": (0, 2), "b": (0, 2), "4": (0, 3)}
    assert [(str(edge.source)[-1], edge.target) for edge in picture.edges] == [
        ("a", "1"),
        ("1", "2"),
        ("1", "3"),
        ("3", "4"),
        ("1", "4"),
        ("b", "4"),
    ]


@pytest.mark.parametrize("count", [5, 50, 500])
def test_a_chain_of_any_length_is_as_wide_as_the_page(tmp_path, count):
    numbers = range(1, count + 1)
    picture = graph.layout(graph_of(tmp_path, numbers, [(at, at - 1) for at in numbers if at > 1]))
    assert picture.width <= 1_100
    assert picture.height <= -(-count // graph.COLUMNS) * (graph.HEIGHT + graph.GAP) + 2 * graph.MARGIN
    assert len({(node.x, node.y) for node in picture.nodes}) == count


def test_jobs_that_have_nothing_to_do_with_each_other_fill_several_columns(tmp_path):
    picture = graph.layout(graph_of(tmp_path, range(1, 501), []))
    assert (len(picture.nodes), picture.edges) == (500, ())
    assert picture.width <= 1_100
    assert picture.height < 5_000


def test_a_job_that_ran_again_and_has_read_a_later_one_does_no_harm(tmp_path):
    picture = graph.layout(graph_of(tmp_path, [1, 2], [(2, 1), (1, 2)]))
    assert places(picture) == {"1": (0, 0), "2": (0, 1)}
    assert [edge.target for edge in picture.edges] == ["2", "1"]
    assert graph.reached([JobNumber("2")], graph_of(tmp_path, [1, 2], [(2, 1), (1, 2)]).links) == ["1"]


def test_no_jobs_are_no_picture(tmp_path):
    assert graph.layout(graph_of(tmp_path, [], [])).nodes == ()


def drawn(picture):
    return [
        (str(getattr(edge.source, "name", edge.source)), edge.target) for edge in picture.edges if not edge.is_hidden
    ]


def test_a_line_that_other_lines_imply_is_hidden(tmp_path):
    links = [(1, "a"), (2, 1), (2, "a"), (3, 2), (3, 1), (3, "a"), (3, "b")]
    picture = graph.layout(graph_of(tmp_path, [1, 2, 3], links))
    assert drawn(picture) == [("a", "1"), ("1", "2"), ("2", "3"), ("b", "3")]
    assert len(picture.edges) == len(links)


def test_the_lines_of_a_file_that_many_jobs_have_read_are_hidden(tmp_path):
    few, many = range(1, graph.CROWD + 1), range(1, graph.CROWD + 2)
    assert len(drawn(graph.layout(graph_of(tmp_path, few, [(at, "a") for at in few])))) == graph.CROWD
    links = [(1, "b"), *((at, "a") for at in many)]
    assert drawn(graph.layout(graph_of(tmp_path, many, links))) == [("b", "1")]


def test_jobs_that_have_nothing_to_do_with_each_other_stand_in_parts_of_their_own(tmp_path):
    numbers = range(1, 22)
    chains = [(2, 1), (4, 3), (6, 4), (8, 6), (9, 8), (10, 9)]
    picture = graph.layout(graph_of(tmp_path, numbers, [*chains, *((number, "a") for number in numbers)]))
    found = places(picture)
    assert {key: found[key] for key in ("1", "2")} == {"1": (0, 0), "2": (0, 1)}
    assert [found[key] for key in ("3", "4", "6", "8", "9", "10")] == [(1, column) for column in range(6)]
    assert {found[key] for key in ("5", "7", "11", "21", "a")} == {(2, 0), (2, 1), (2, 2)}


def heights(path):
    """The heights at which a line runs straight on."""
    return [float(part.split("H")[0].split()[-1]) for part in path.split("C") if "H" in part]


@pytest.mark.parametrize("more", [[], [(4, "a"), (5, "a")], [(4, "b"), (5, "c"), (6, "c")]])
def test_a_line_runs_behind_no_job_between_its_ends(tmp_path, more):
    links = [(1, "mtz"), (2, "pdb"), (3, 2), (3, "mtz"), *more]
    picture = graph.layout(graph_of(tmp_path, sorted({job for job, _ in links}), links))
    nodes = {node.key: node for node in picture.nodes}
    (edge,) = [one for one in picture.edges if (one.source, one.target) == (tmp_path / "mtz", "3")]
    source, target = nodes[edge.source], nodes[edge.target]
    assert (source.band, target.column - source.column, edge.is_hidden) == (target.band, 2, False)
    between = [one for one in picture.nodes if (one.band, one.column) == (source.band, source.column + 1)]
    (level,) = heights(edge.path)
    assert between
    assert all(not one.y <= level <= one.y + graph.HEIGHT for one in between)


def test_a_long_chain_takes_no_memory_for_all_pairs_of_its_jobs(tmp_path):
    numbers = range(1, 2_001)
    shown = graph_of(tmp_path, numbers, [(at, other) for at in numbers for other in (at - 1, at - 2) if other > 0])
    tracemalloc.start()
    try:
        picture = graph.layout(shown)
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak_bytes < 20e6
    assert {edge.is_hidden for edge in picture.edges if edge.target.parts[0] - edge.source.parts[0] == 2} == {True}
    assert {edge.is_hidden for edge in picture.edges if edge.target.parts[0] - edge.source.parts[0] == 1} == {False}
