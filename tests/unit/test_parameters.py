"""Parameters set from ``NAME=VALUE`` pairs on real scripts."""

import shutil
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from unit.samples import make_outcome

from ccp4hooks import BadInputError, GleanedFile, KnownFile, UnknownNameError
from ccp4hooks.i2 import containers, mtz
from ccp4hooks.runtime import stdio
from ccp4hooks.store import FileUse
from ccp4hooks.tasks import parameters


@pytest.fixture
def context(project, tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    def find_outcomes(project, number):
        if number != "1":
            raise UnknownNameError("job", number, ["1"])
        files = [output_file("outputData.XYZOUT"), output_file("outputData.LIST[0]")]
        return make_outcome(project.directory, "1", files=tuple(files)), make_outcome(project.directory, "1.1")

    lookups = parameters.Lookups(
        find_file=lambda query: None, find_outcomes=find_outcomes, find_last=lambda project, text: "1"
    )
    return parameters.Context(project=project, lookups=lookups, scratch=scratch, extracts={})


def output_file(parameter):
    return GleanedFile(uuid=uuid4(), parameter=parameter, path=Path("x"), size_bytes=1, file_type="text/plain")


@pytest.fixture
def put(build, context):
    """Sets values of a new script and returns the script."""

    def make(task, *pairs):
        script = build(task)
        with stdio.output_dropped():
            parameters.set_parameters(script, pairs, context)
        return script

    return make


def test_a_parameter_is_found_with_and_without_its_container(put):
    for name in ("FRAC", "controlParameters.FRAC"):
        assert put("freerflag", (name, "0.1")).container.controlParameters.FRAC == 0.1


PARTS = "The parts of ASU_CONTENT[0] are description, name, nCopies, polymerType, sequence, source."
GAPS = "The items of a list start at [0] without gaps: give ASU_CONTENT[0] first."


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ASU_CONTENT[0].nme", f"; did you mean ASU_CONTENT[0].name? {PARTS}"),
        ("ASU_CONTENT[0].xyz", f". {PARTS}"),
        ("ASU_CONTENT[0].name.x", f"; did you mean ASU_CONTENT[0].name? {PARTS}"),
        ("ASU_CONTENT[1].name", f". {GAPS}"),
        ("ASU_CONTENT[7]", f". {GAPS}"),
    ],
)
def test_the_error_about_an_item_of_a_list_names_the_item_or_its_part(put, name, said):
    with pytest.raises(UnknownNameError) as caught:
        put("ProvideAsuContents", (name, "x"))
    assert str(caught.value) == f"Unknown parameter {name!r}{said}"


def test_the_error_about_an_unknown_parameter_gives_the_nearest_names(put):
    with pytest.raises(UnknownNameError, match=r"did you mean .*inputData\.F_SIGF.*ccp4hooks describe freerflag"):
        put("freerflag", ("inputData.FSIGF", "x"))


@pytest.mark.parametrize("name", ["", ".", "F_SIGF.", "..", "F_SIGF[0]", "FRAC.value.more", "inputData..F_SIGF"])
def test_a_name_of_no_object_is_an_unknown_parameter(put, name):
    with pytest.raises(UnknownNameError):
        put("freerflag", (name, "1"))


def test_an_output_cannot_be_given(put):
    with pytest.raises(BadInputError, match="is an output of the task"):
        put("freerflag", ("FREEROUT", "x.mtz"))


def test_the_error_about_a_value_for_a_container_lists_its_parts(put):
    with pytest.raises(BadInputError, match=r"Set its parts: inputData\.F_SIGF, inputData\.FREERFLAG"):
        put("freerflag", ("inputData", "x"))


@pytest.mark.parametrize(("text", "value"), [("True", True), ("yes", True), ("ON", True), ("0", False), ("off", False)])
def test_a_truth_value_can_be_given_by_several_words(put, text, value):
    assert bool(put("freerflag", ("COMPLETE", text)).container.controlParameters.COMPLETE) is value


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("COMPLETE", "maybe", "must be True or False"),
        ("FRAC", "half", "must be a number"),
        ("FRAC", "1.5", "must be at most 1"),
        ("FRAC", "-0.5", "must be at least 0"),
        ("FRAC", "inf", "must be at most 1"),
        ("FRAC", "nan", "must be"),
        ("GEN_MODE", "OTHER", "must be one of GEN_NEW, COMPLETE"),
    ],
)
def test_the_error_about_a_value_says_which_values_are_accepted(put, name, text, message):
    with pytest.raises(BadInputError, match=message) as caught:
        put("freerflag", (name, text))
    assert f"controlParameters.{name}={text}" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"), [("1.5", "must be a whole number"), ("-1", "at least 0"), ("-1" + "0" * 400, "at least 0")]
)
def test_a_whole_number_of_any_size_is_compared_with_its_bounds(put, text, message):
    with pytest.raises(BadInputError, match=message):
        put("servalcat", ("NCYCLES_AFTER_ADD_WATERS", text))


def test_a_value_on_its_bound_is_accepted(put):
    assert put("freerflag", ("FRAC", "1")).container.controlParameters.FRAC == 1.0


def test_each_mention_of_a_list_appends_one_item(put, data):
    files = [data["fsigf"], data["freer"]]
    script = put("mergeMtz", *((f"MINIMTZINLIST[{n}].fileName", str(path)) for n, path in enumerate(files)))
    assert [str(item.fileName) for item in script.container.inputData.MINIMTZINLIST] == [str(path) for path in files]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_items_of_a_list_replace_the_blank_ones_that_ccp4i2_made(put, data, count):
    """CCP4i2 gives the list two items, because it needs two."""
    files = [data["model"], data["fsigf"], data["freer"]][:count]
    script = put("gesamt", *(("XYZIN_LIST", str(path)) for path in files))
    paths = [containers.file_path(item) for item in script.container.inputData.XYZIN_LIST]
    assert paths == [*files, *[None] * (2 - count)]


def test_an_item_of_a_list_that_was_given_as_zero_is_not_replaced(put):
    script = put("aimless_pipe", *(("NUMBER_OF_DATASETS", text) for text in ("0", "1", "0")))
    assert [int(item) for item in script.container.inputData.NUMBER_OF_DATASETS] == [0, 1, 0]


def test_the_error_about_a_value_for_an_item_lists_its_members(put):
    with pytest.raises(BadInputError) as caught:
        put("ProvideAsuContents", ("ASU_CONTENT", "GASV"))
    item = "inputData.ASU_CONTENT[0]"
    assert str(caught.value).startswith(f"{item} takes several values, not one. Set its parts: {item}.")
    assert f"{item}.sequence" in str(caught.value)


def test_an_item_beyond_the_next_free_index_of_a_list_is_unknown(put, data):
    with pytest.raises(UnknownNameError):
        put("mergeMtz", ("MINIMTZINLIST[3].fileName", str(data["fsigf"])))


def test_a_file_is_set_by_its_absolute_path(put, data, monkeypatch):
    monkeypatch.chdir(data["fsigf"].parent)
    assert (
        containers.file_path(put("freerflag", ("F_SIGF", data["fsigf"].name)).container.inputData.F_SIGF)
        == data["fsigf"]
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.mtz", r"does not exist\. Check the path"),
        (".", "is a directory, but the parameter requires a file"),
        ("text.mtz[F,SIGF]", "cannot be read as an MTZ file: Not an MTZ file[^/]*$"),
        ("truncated.mtz[F,SIGF]", "cannot be read as an MTZ file"),
        ("empty.mtz[F,SIGF]", "cannot be read as an MTZ file"),
        ("a" * 300, "cannot be read: File name too long"),
        ("a" * 300 + "[F,SIGF]", "cannot be read: File name too long"),
        ("~no-such-user/x.mtz", "no-such-user"),
        ("null\0byte.mtz", "null"),
    ],
)
def test_the_error_about_a_file_that_cannot_be_read_gives_the_reason(put, data, tmp_path, monkeypatch, name, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.mtz").touch()
    (tmp_path / "text.mtz").write_text("these are not reflection data\n" * 20)
    (tmp_path / "truncated.mtz").write_bytes(data["fsigf"].read_bytes()[:2000])
    with pytest.raises(BadInputError, match=message) as caught:
        put("freerflag", ("F_SIGF", name))
    assert "F_SIGF" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"these are not reflection data", None])
def test_the_content_of_a_file_is_not_read(put, data, tmp_path, content):
    path = data["monster"] if content is None else tmp_path / "data.mtz"
    if content is not None:
        path.write_bytes(content)
    assert containers.file_path(put("freerflag", ("F_SIGF", str(path))).container.inputData.F_SIGF) == path


def test_selected_columns_of_an_mtz_file_become_a_mini_mtz_file(put, data, context):
    script = put("freerflag", ("F_SIGF", f"{data['monster']}[FNAT, SIGFNAT]"))
    made = containers.file_path(script.container.inputData.F_SIGF)
    assert mtz.labels(made, "x") == ["H", "K", "L", "F", "SIGF"]
    assert context.extracts == {made: data["monster"]}
    assert str(script.container.inputData.F_SIGF.annotation) == "Columns FNAT,SIGFNAT of rnase25.mtz"


def test_columns_may_be_given_with_their_path_in_the_mtz(put, data):
    script = put("freerflag", ("F_SIGF", f"{data['monster']}[/*/*/FNAT,SIGFNAT]"))
    assert containers.file_path(script.container.inputData.F_SIGF).is_file()


def test_the_error_about_an_unknown_column_lists_the_columns(put, data):
    with pytest.raises(BadInputError, match="has no column NONE; it has H, K, L, FNAT"):
        put("freerflag", ("F_SIGF", f"{data['monster']}[FNAT,NONE]"))


@pytest.mark.parametrize(("columns", "types"), [("SIGFNAT,FNAT", "QF"), ("FNAT", "F")])
def test_the_error_about_columns_in_another_order_names_the_parameter_and_the_order(put, data, columns, types):
    with pytest.raises(BadInputError) as caught:
        put("freerflag", ("F_SIGF", f"{data['monster']}[{columns}]"))
    assert str(caught.value) == (
        f"inputData.F_SIGF: the columns {columns.replace(',', ', ')} of {data['monster']} do not make a data set that "
        f"CCP4i2 knows: their types are '{types}'. Give columns of the kinds Iplus,SIGIplus,Iminus,SIGIminus or "
        "Fplus,SIGFplus,Fminus,SIGFminus or I,SIGI or F,SIGF, in this order; their labels may differ."
    )


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ("FNAT", "do not make a data set"),
        ("FNAT,FNAT", "do not make a data set"),
        ("FNAT,FreeR_flag", "do not make a data set"),
        ("FreeR_flag", "make a data set with the columns H, K, L, FREER, but the parameter requires .*F,SIGF"),
    ],
)
def test_columns_that_do_not_make_the_data_set_of_the_parameter_are_rejected(put, data, columns, reason):
    with pytest.raises(BadInputError, match=reason):
        put("freerflag", ("F_SIGF", f"{data['monster']}[{columns}]"))


def test_columns_of_two_files_of_the_same_name_become_two_files(put, data, context, tmp_path):
    sources = [tmp_path / folder / "x.mtz" for folder in ("a", "b")]
    for source in sources:
        source.parent.mkdir()
        shutil.copy(data["monster"], source)
    for source in sources:
        put("freerflag", ("F_SIGF", f"{source}[FNAT,SIGFNAT]"))
    assert sorted(context.extracts.values()) == sources


def test_a_value_that_is_the_name_of_a_file_with_brackets_selects_no_columns(put, data, tmp_path):
    odd = shutil.copy(data["fsigf"], tmp_path / "data[1,2]")
    assert containers.file_path(put("freerflag", ("F_SIGF", str(odd))).container.inputData.F_SIGF) == odd


def test_a_file_in_a_job_directory_of_another_project_is_rejected(put, data, tmp_path):
    theirs = tmp_path / "projects" / "other" / "CCP4_JOBS" / "job_1" / "x.mtz"
    theirs.parent.mkdir(parents=True)
    shutil.copy(data["fsigf"], theirs)
    for text in (str(theirs), f"{theirs}[F,SIGF]"):
        with pytest.raises(BadInputError, match="another project's job"):
            put("freerflag", ("F_SIGF", text))


@pytest.mark.parametrize("text", ["@", "@1", "@x.FREEROUT", "@1.", "@1 .X"])
def test_the_error_about_a_malformed_reference_shows_the_format(put, text):
    with pytest.raises(BadInputError, match=r"by @JOB.PARAMETER, as in @1.FREEROUT"):
        put("freerflag", ("F_SIGF", text))


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("@7.X", "job 7 of project 'demo' does not exist. `ccp4hooks jobs demo` lists the jobs."),
        ("@1.Y", "job 1 of project 'demo' has no file 'Y'. Its outputs are XYZOUT, LIST[0]."),
        (
            "@1.XYZOT",
            "job 1 of project 'demo' has no file 'XYZOT'; did you mean XYZOUT? Its outputs are XYZOUT, LIST[0].",
        ),
        ("@1.1.X", "job 1.1 of project 'demo' does not exist. `ccp4hooks jobs demo` lists the jobs."),
    ],
)
def test_the_error_about_a_reference_says_whether_the_job_or_the_output_is_missing(put, reference, message):
    with pytest.raises(UnknownNameError) as caught:
        put("freerflag", ("F_SIGF", reference))
    assert str(caught.value) == f"inputData.F_SIGF={reference}: {message}"


@pytest.mark.parametrize(
    ("task", "name", "file_type", "wanted"),
    [
        ("freerflag", "F_SIGF", "application/CCP4-mtz-freerflag", "application/CCP4-mtz-observed"),
        ("freerflag", "F_SIGF", "application/CCP4-mtz", "application/CCP4-mtz-observed"),
        ("coordinate_selector", "XYZIN", "application/CCP4-mtz-freerflag", "chemical/x-pdb"),
        ("coordinate_selector", "XYZIN", "application/refmac-dictionary", "chemical/x-pdb"),
        ("ImportMap", "MAPIN", "chemical/x-pdb", "application/CCP4-map"),
        ("splitMtz", "HKLIN", "chemical/x-pdb", "application/CCP4-mtz"),
        ("import_merged", "HKLIN", "application/CCP4-map", "application/CCP4-generic-reflections"),
    ],
)
def test_an_output_of_the_wrong_type_is_refused_for_every_class_of_file(
    build, context, data, task, name, file_type, wanted
):
    path = data["model"] if "pdb" in file_type else data["fsigf"].with_suffix(".map" if "map" in file_type else ".mtz")
    _, with_known = referring(context, path, file_type)
    with pytest.raises(BadInputError) as caught:
        parameters.set_parameters(build(task), [(name, "@1.OUT")], with_known)
    assert str(caught.value) == (
        f"inputData.{name}=@1.OUT: the output has the type {file_type}, but {wanted} is required. Job 1 has no such "
        "output; `ccp4hooks jobs demo` lists the jobs. Give an output that fits."
    )


def test_the_error_about_an_output_of_the_wrong_type_names_the_outputs_that_fit(build, context, data):
    _, with_known = referring(context, data["fsigf"], "application/CCP4-mtz-freerflag")
    fits = replace(output_file("outputData.OBSOUT"), path=Path("x.mtz"), file_type="application/CCP4-mtz-observed")
    outcomes = (make_outcome(context.project.directory, "1", files=(output_file("outputData.TEXT"), fits)),)
    with pytest.raises(BadInputError) as caught:
        parameters.set_parameters(
            build("freerflag"),
            [("F_SIGF", "@1.FREEROUT")],
            replace(with_known, lookups=replace(with_known.lookups, find_outcomes=lambda *_: outcomes)),
        )
    assert str(caught.value) == (
        "inputData.F_SIGF=@1.FREEROUT: the output has the type application/CCP4-mtz-freerflag, but "
        "application/CCP4-mtz-observed is required. Of job 1, @1.OBSOUT fits."
    )


@pytest.mark.parametrize(
    ("task", "name", "file_type"),
    [
        ("splitMtz", "HKLIN", "application/CCP4-mtz-observed"),
        ("splitMtz", "HKLIN", "application/CCP4-mtz-mini"),
        ("import_merged", "HKLIN", "application/CCP4-mtz-observed"),
        ("aimless", "UNMERGEDFILE", "application/CCP4-mtz"),
        ("splitMtz", "HKLIN", "Unknown"),
    ],
)
def test_an_output_of_a_special_type_is_accepted_where_a_general_one_is_required(
    build, context, data, task, name, file_type
):
    _, with_known = referring(context, data["fsigf"], file_type)
    script = build(task)
    parameters.set_parameters(script, [(name, "@1.OUT")], with_known)
    obj = dict(containers.children(script.container.inputData))[name]
    assert containers.file_path(obj) == data["fsigf"]


@pytest.mark.parametrize("url", ["https://example.org/a.mtz", "ftp://example.org/a.mtz[F,SIGF]", "s3://bucket/a"])
def test_a_url_is_named_as_one(put, url):
    with pytest.raises(BadInputError) as caught:
        put("freerflag", ("F_SIGF", url))
    assert str(caught.value) == (
        f"inputData.F_SIGF={url} is a URL, which is not read. Download the file and give its path."
    )


def referring(context, data, file_type):
    known = KnownFile(
        uuid=context.project.uuid, path=data, file_type=file_type, content_flag=4, sub_type=1, annotation="seen before"
    )
    asked = []

    def find_file(query):
        asked.append(query)
        return known

    return asked, replace(context, lookups=replace(context.lookups, find_file=find_file))


def test_a_reference_sets_the_recorded_attributes_of_the_file(build, context, data):
    asked, with_known = referring(context, data["fsigf"], "application/CCP4-mtz-observed")
    script = build("freerflag")
    parameters.set_parameters(script, [("F_SIGF", "@12.1.OUT[0]")], with_known)
    obj = script.container.inputData.F_SIGF
    assert (asked[0].job_number, asked[0].parameter) == ("12.1", "OUT[0]")
    assert (int(obj.contentFlag), int(obj.subType), str(obj.annotation)) == (4, 1, "seen before")


def test_a_reference_to_a_file_of_another_type_is_rejected(build, context, data):
    _, with_known = referring(context, data["freer"], "application/CCP4-mtz-freerflag")
    with pytest.raises(BadInputError, match=r"has the type application/CCP4-mtz-freerflag, but .*observed is required"):
        parameters.set_parameters(build("freerflag"), [("F_SIGF", "@1.FREEROUT")], with_known)


@pytest.mark.parametrize("columns", ["FNAT,SIGFNAT", "FNAT, SIGFNAT", "/*/*/FNAT,SIGFNAT"])
@pytest.mark.parametrize("file_type", ["application/CCP4-mtz", "application/CCP4-mtz-observed"])
def test_columns_of_an_output_become_a_mini_mtz_file(build, context, data, columns, file_type):
    asked, with_known = referring(context, data["monster"], file_type)
    script = build("freerflag")
    parameters.set_parameters(script, [("F_SIGF", f"@5.MINIMTZOUTLIST[0][{columns}]")], with_known)
    assert (asked[0].job_number, asked[0].parameter) == ("5", "MINIMTZOUTLIST[0]")
    made = containers.file_path(script.container.inputData.F_SIGF)
    assert mtz.labels(made, "x") == ["H", "K", "L", "F", "SIGF"]
    assert context.extracts == {made: data["monster"]}


@pytest.mark.parametrize("columns", ["F,SIGF", "SIGF, F"])
def test_the_only_columns_of_an_output_are_the_output_itself(build, context, data, columns):
    _, with_known = referring(context, data["fsigf"], "application/CCP4-mtz-observed")
    script = build("freerflag")
    parameters.set_parameters(script, [("F_SIGF", f"@5.OUT[{columns}]")], with_known)
    obj = script.container.inputData.F_SIGF
    assert (containers.file_path(obj), str(obj.annotation)) == (data["fsigf"], "seen before")
    assert context.extracts == {}


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ("F,SIGF", "inputData.F_SIGF: .*rnase25.mtz has no column F or SIGF; it has H, K, L, FNAT, SIGFNAT"),
        ("FreeR_flag", "make a data set with the columns H, K, L, FREER, but the parameter requires .*F,SIGF"),
        ("FNAT", "do not make a data set"),
    ],
)
def test_columns_of_an_output_that_do_not_make_the_data_set_are_rejected(build, context, data, columns, reason):
    _, with_known = referring(context, data["monster"], "application/CCP4-mtz")
    with pytest.raises(BadInputError, match=reason):
        parameters.set_parameters(build("freerflag"), [("F_SIGF", f"@5.OUT[0][{columns}]")], with_known)


def test_columns_of_an_output_that_is_no_mtz_file_are_rejected(build, context, data):
    _, with_known = referring(context, data["model"], "chemical/x-pdb")
    with pytest.raises(BadInputError, match="cannot be read as an MTZ file"):
        parameters.set_parameters(build("freerflag"), [("F_SIGF", "@5.XYZOUT[F,SIGF]")], with_known)


@pytest.mark.parametrize("broken", [TypeError, AttributeError])
def test_an_error_of_the_mtz_reader_itself_is_not_an_error_of_the_file(put, data, monkeypatch, broken):
    """An older gemmi does not know an argument, and says so by a TypeError."""

    def fail(*_, **__):
        raise broken("incompatible function arguments")

    monkeypatch.setattr("gemmi.read_mtz_file", fail)
    with pytest.raises(broken, match="incompatible function arguments"):
        put("freerflag", ("F_SIGF", f"{data['monster']}[FNAT,SIGFNAT]"))


def test_a_reference_to_a_deleted_file_is_an_error(build, context, tmp_path):
    _, with_known = referring(context, tmp_path / "gone.mtz", "application/CCP4-mtz-observed")
    with pytest.raises(BadInputError, match=r"gone\.mtz does not exist"):
        parameters.set_parameters(build("freerflag"), [("F_SIGF", "@1.FREEROUT")], with_known)


def test_a_required_input_that_was_not_given_is_named(build):
    problems = parameters.missing_inputs(build("freerflag"))
    assert [str(problem) for problem in problems] == ["inputData.F_SIGF: is required and was not given."]


def test_no_input_is_missing_if_the_required_ones_were_given(put, data):
    assert parameters.missing_inputs(put("freerflag", ("F_SIGF", str(data["fsigf"])))) == []


def test_a_file_whose_name_begins_like_a_reference_gets_the_way_to_write_it(put, data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = (
        "inputData.XYZIN=@at.pdb: refer to a file of an earlier job by @JOB.PARAMETER, as in @1.FREEROUT or "
        "@last.FREEROUT."
    )
    for hint in ("", " If you mean the file, write ./@at.pdb."):
        with pytest.raises(BadInputError) as caught:
            put("coordinate_selector", ("XYZIN", "@at.pdb"))
        assert str(caught.value) == f"{said}{hint}"
        shutil.copy(data["model"], "@at.pdb")
    script = put("coordinate_selector", ("XYZIN", "./@at.pdb"))
    assert containers.file_path(script.container.inputData.XYZIN) == tmp_path / "@at.pdb"


def test_content_that_is_not_the_required_one_is_named_as_its_class_does(build, data):
    """CCP4i2 3.0 calls the content flags of all classes by the names of observed data."""
    script = build("freerflag")
    obj = script.container.inputData.F_SIGF
    obj.setFullPath(str(data["fsigf"]))
    obj.contentFlag.set(4)
    obj.set_qualifier("requiredContentFlag", [1, 2])
    obj.subType.set(1)
    obj.set_qualifier("requiredSubType", [2])
    said = [(one.parameter, one.message) for one in parameters.missing_inputs(script)]
    text = (
        "the file has the content flag 4 (Mean SFs), but the parameter requires 1 (Anomalous Is) or 2 (Anomalous SFs)."
    )
    assert said == [("inputData.F_SIGF", f"{text} Choose another file.")]
    # CCP4i2 converts the file.
    obj.contentFlag.set(1)
    obj.set_qualifier("requiredContentFlag", [4])
    assert parameters.missing_inputs(script) == []


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1.XYZOUT", "@1.XYZOUT"),
        ("1.xyzot", "@1.XYZOUT"),
        ("last.XYZOUT", "@last.XYZOUT"),
        ("freerflag:last.XYZOUT", "@freerflag:last.XYZOUT"),
        ("1/XYZOUT", "@1.XYZOUT"),
        ("1:XYZOUT", "@1.XYZOUT"),
        ("@1/XYZOUT", "@1.XYZOUT"),
        ("@1:XYZOUT.pdb", "@1.XYZOUT"),
        ("job_1.XYZOUT", "@1.XYZOUT"),
        ("job_1/XYZOUT.pdb", "@1.XYZOUT"),
        ("CCP4_JOBS/job_1/model_1.pdb", "@1.XYZOUT"),
        ("@job_1/XYZOUT", "@1.XYZOUT"),
        ("@job_1.LIST[0]", "@1.LIST[0]"),
        ("@1.model_1.pdb", "@1.XYZOUT"),
        ("1.XYZOUT[A,B]", "@1.XYZOUT[A,B]"),
        ("job_1/job_1/OUT.pdb", "@1.1.OUT"),
        ("@1.1/OUT", "@1.1.OUT"),
        ("@1.1/XYZOUT", "@1.1.XYZOUT"),
        ("@XYZOUT", "@last.XYZOUT"),
        ("1.XYZIN", "@1.XYZIN"),
        ("@last.", "@last.XYZOUT"),
        ("@1", "@1.XYZOUT"),
        ("1", "@1.XYZOUT"),
        ("job_1", "@1.XYZOUT"),
        ("@last/NOTHING", "@last.XYZOUT"),
    ],
)
def test_what_is_nearly_a_reference_is_answered_with_the_reference(build, with_model, text, meant):
    with pytest.raises(BadInputError) as caught:
        parameters.set_parameters(build("coordinate_selector"), [("XYZIN", text)], with_model)
    assert f"Did you mean {meant}?" in str(caught.value)


@pytest.fixture
def with_model(context):
    """A project with a job that has read and written models, and a list without a type; its sub-job wrote another."""
    pdb = {"file_type": "chemical/x-pdb"}
    own = [
        replace(output_file("outputData.XYZOUT"), path=context.project.job_directory("1") / "model_1.pdb", **pdb),
        output_file("outputData.LIST[0]"),
    ]
    read = FileUse(file_uuid=uuid4(), parameter="inputData.XYZIN", path=Path("/x/XYZOUT.pdb"))
    below = [replace(output_file(f"outputData.{name}"), path=Path(f"{name}.pdb"), **pdb) for name in ("OUT", "XYZOUT")]

    def find_outcomes(project, number):
        if number not in ("1", "1.1"):
            raise UnknownNameError("job", number, ["1"])
        top = make_outcome(project.directory, "1", files=tuple(own), uses=(read,))
        sub = make_outcome(project.directory, "1.1", files=tuple(below))
        return (top, sub) if number == "1" else (sub,)

    return replace(context, lookups=replace(context.lookups, find_outcomes=find_outcomes))


@pytest.mark.parametrize(
    "text",
    ["model.pdb", "1.pdb", "2.XYZOUT", "1.NOTHING", "3", "/elsewhere/job_1/model_1.pdb", "1abc.pdb"],
)
def test_a_missing_file_that_is_no_reference_is_only_missing(build, with_model, text):
    with pytest.raises(BadInputError) as caught:
        parameters.set_parameters(build("coordinate_selector"), [("XYZIN", text)], with_model)
    assert str(caught.value).endswith("does not exist. Check the path.")


def test_a_file_whose_name_is_nearly_a_reference_is_the_file(build, with_model, data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(data["model"], "1.XYZOUT")
    script = build("coordinate_selector")
    parameters.set_parameters(script, [("XYZIN", "1.XYZOUT")], with_model)
    assert str(script.container.inputData.XYZIN) == str(tmp_path / "1.XYZOUT")
