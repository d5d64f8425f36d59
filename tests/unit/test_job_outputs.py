"""The metadata of an output file, with the answers of plugins."""

import pytest
from unit.samples import make_job

from ccp4hooks import FileMetadata
from ccp4hooks.i2 import file_objects
from ccp4hooks.jobs import outputs
from ccp4hooks.plugins.dispatcher import Answer
from ccp4hooks.store import Origin

CORE = Origin(plugin="core")


def answer(plugin, **fields):
    return Answer(origin=Origin(plugin=plugin), value=FileMetadata(**fields))


@pytest.fixture
def gleaned(build, data, project):
    obj = build("freerflag").container.outputData.FREEROUT
    obj.setFullPath(str(data["freer"]))
    return file_objects.output_file(make_job(project.directory), "outputData.FREEROUT", obj, data["freer"], CORE)


def test_a_later_answer_replaces_an_earlier_one_and_each_field_has_its_origin(gleaned):
    merged = outputs.merged(
        gleaned,
        [
            answer("a", annotation="from a", sub_type=2, extra={"resolution": 2.5, "cell": "P1"}),
            answer("b", annotation="from b", extra={"resolution": 1.5}),
        ],
    )
    assert (merged.annotation, merged.sub_type, merged.content_flag) == ("from b", 2, 1)
    assert merged.extra == {"resolution": 1.5, "cell": "P1"}
    givers = {name: origin.plugin for name, origin in merged.origins.items()}
    assert (givers["annotation"], givers["sub_type"], givers["resolution"]) == ("b", "a", "b")
    assert givers["file"] == "core"


def test_no_answer_changes_nothing(gleaned):
    assert outputs.merged(gleaned, [answer("a")]) == gleaned


def test_an_empty_annotation_and_a_flag_of_zero_are_answers(gleaned):
    merged = outputs.merged(gleaned, [answer("a", annotation="x", sub_type=3), answer("b", annotation="", sub_type=0)])
    assert (merged.annotation, merged.sub_type) == ("", 0)
