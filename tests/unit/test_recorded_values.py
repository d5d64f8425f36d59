"""The parts from which the record of a job's parameters, results and provenance is made."""

import gc
import resource
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import ccp4i2
import pytest

from ccp4hooks import BadInputError
from ccp4hooks.i2 import program_xml
from ccp4hooks.i2.recorded_values import file_parts
from ccp4hooks.jobs.provenance import api_call, command_line
from ccp4hooks.model.parameters import bounded, bounded_name, job_of_path
from ccp4hooks.outcomes.program_versions import declared_versions, versions_in
from ccp4hooks.runtime.usage import Usage
from ccp4hooks.texts import names_a_secret, without_secrets

MB = 10**6


# --- values -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [0, -0.0, True, "", "é", 2**53])
def test_a_plain_value_is_recorded_as_it_is(value):
    found = bounded(value)
    assert (type(found.value), found.value, found.size, found.sha256) == (type(value), value, None, "")


@pytest.mark.parametrize(
    ("value", "text"),
    [(float("inf"), "inf"), (2**60, str(2**60)), (None, "None"), ([1, 2], "[1, 2]"), ("a\0\udce9", "a\\udce9")],
)
def test_any_other_value_is_recorded_as_a_text(value, text):
    assert bounded(value).value == text


def test_a_secret_at_the_place_where_a_text_is_cut_is_not_recorded():
    text = "x" * 990 + " http://ada:secret@example.org/" + "y" * 10_000
    found = bounded(text, without_secrets)
    assert "secret" not in found.value
    assert (len(found.value), found.size) == (1000, len(text))


def test_secrets_are_found_in_megabytes_of_text_in_no_time():
    assert without_secrets("é" * MB + " ftp://a:b@c") == "é" * MB + " ftp://***@c"


def test_two_long_names_stay_different():
    first, second = (bounded_name("A" * 300 + end) for end in "xy")
    assert (len(first), len(second), first == second) == (255, 255, False)


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("PASSWORD", True),
        ("inputData.dbPassword", True),
        ("API_KEY", True),
        ("apiKey2", True),
        ("secret", True),
        ("TOKENS", False),
        ("KEYWORDS", False),
        ("SECRETION", False),
        ("F_SIGF", False),
    ],
)
def test_the_name_of_a_parameter_tells_whether_it_is_secret(name, secret):
    assert names_a_secret(name) is secret


@pytest.mark.parametrize(
    ("path", "job"),
    [
        ("CCP4_JOBS/job_3/job_2/a/b.mtz", "3.2"),
        ("CCP4_JOBS/job_3/x.mtz", "3"),
        ("CCP4_JOBS/x.mtz", ""),
        ("CCP4_IMPORTED_FILES/job_3/x.mtz", ""),
        ("/CCP4_JOBS/job_3/x.mtz", ""),
        ("", ""),
    ],
)
def test_the_path_of_a_file_tells_its_job(path, job):
    assert job_of_path(path) == job


# --- commands -----------------------------------------------------------------------------------------------------


def test_a_command_line_has_no_secrets():
    words = [
        "ccp4hooks",
        "--database",
        "postgresql://ada:pw@db/x",
        "run",
        "t",
        "A=a b",
        "KEY=k",
        "TOKEN=t",
        "U=s://a:b@c",
    ]
    assert command_line(words)({"KEY"}) == (
        "ccp4hooks --database 'postgresql://***@db/x' run t 'A=a b' 'KEY=***' 'TOKEN=***' 'U=s://***@c'"
    )


def test_a_call_has_no_secrets_and_names_the_program(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["refine.py", "--url", "http://ada:pw@host"])
    call = api_call("Session.run", "t", [("A", "1"), ("KEY", "k")], project="p", title="")
    assert call({"KEY"}) == (
        "Session.run('t', [('A', '1'), ('KEY', '***')], project='p') in refine.py --url 'http://***@host'"
    )


def test_a_command_of_megabytes_is_cut():
    assert len(command_line(["run", *(f"A={'x' * 5000}" for _ in range(200))])(())) == 4000


# --- program.xml --------------------------------------------------------------------------------------------------


def results(tmp_path, text):
    path = tmp_path / "program.xml"
    path.write_text(text)
    return {one.name: one.value for one in program_xml.read_results(path)}


def test_numbers_and_short_texts_of_a_program_are_read_and_tables_are_not(tmp_path):
    rows = "<row><x>1</x></row>" * 11
    long = "x" * 101
    text = f"<A><v>2.37</v><n>-7</n><id>007</id><e/><l>{long}</l><m>1\n2</m><t>{rows}</t><g><h>1e3</h></g></A>"
    assert results(tmp_path, text) == {"v": 2.37, "n": -7, "id": "007", "g.h": 1000.0}


def test_values_that_occur_once_come_before_those_in_lists(tmp_path):
    groups = "".join(f"<g{n}>{'<v>1</v>' * 10}</g{n}>" for n in range(30))
    found = results(tmp_path, f"<A>{groups}<last>x</last></A>")
    assert (next(iter(found)), len(found)) == ("last", 200)


def cycles(name, number, count):
    return "".join(
        f"<{name}><{number}>{at}</{number}><rmsd>{at / 10}</rmsd><b><v>1</v></b><b><v>2</v></b></{name}>"
        for at in range(count)
    )


@pytest.mark.parametrize(("name", "number"), [("cycle", "Ncyc"), ("Cycle", "number")])
@pytest.mark.parametrize("count", [2, 3, 11, 101])
def test_of_the_cycles_of_a_refinement_the_last_and_then_the_first_are_read(tmp_path, name, number, count):
    found = results(tmp_path, f"<A><R>{cycles(name, number, count)}</R><l><v>1</v></l><l><v>2</v></l><z>3</z></A>")
    last, first = f"R.{name}[{count - 1}]", f"R.{name}[0]"
    assert list(found.items()) == [
        (f"{last}.{number}", count - 1),
        (f"{last}.rmsd", (count - 1) / 10),
        ("z", 3),
        (f"{first}.{number}", 0),
        (f"{first}.rmsd", 0.0),
        (f"{last}.b[0].v", 1),
        (f"{last}.b[1].v", 2),
        ("l[0].v", 1),
        ("l[1].v", 2),
        (f"{first}.b[0].v", 1),
        (f"{first}.b[1].v", 2),
    ]


def test_a_refinement_of_one_cycle_has_no_index(tmp_path):
    assert results(tmp_path, "<A><cycle><Ncyc>0</Ncyc></cycle></A>") == {"cycle.Ncyc": 0}


def test_the_values_of_the_last_cycle_are_never_crowded_out_by_lists(tmp_path):
    lists = "".join(f"<g{n}>{'<v>1</v>' * 10}</g{n}>" for n in range(30))
    found = results(tmp_path, f"<A>{f'<cycle><n>1</n>{lists}<end>2</end></cycle>' * 12}</A>")
    assert len(found) == 200
    assert list(found)[:4] == ["cycle[11].n", "cycle[11].end", "cycle[0].n", "cycle[0].end"]


def test_a_program_xml_that_is_too_large_is_not_read(tmp_path):
    assert results(tmp_path, f"<A><a>1</a>{' ' * 2**24}</A>") == {}


@pytest.mark.parametrize("text", ["", "<A>", "<!DOCTYPE A [<!ENTITY b 'c'>]><A><a>&b;</a></A>", "log of a program"])
def test_a_file_that_is_no_plain_xml_is_an_error(tmp_path, text):
    with pytest.raises(BadInputError):
        results(tmp_path, text)


def test_the_content_of_a_file_that_a_script_has_read_is_no_parameter():
    from ccp4i2.core.CCP4XtalData import CObsDataFile

    file = CObsDataFile()
    file.setFullPath(str(Path(ccp4i2.__file__).parent / "wrappers/freerflag/test_data/rnase25_fsigf.mtz"))
    file.loadFile()
    assert file.fileContent.cell.a.value == pytest.approx(64.9, abs=0.1)
    assert list(file_parts("HKLIN", file)) == []


# --- versions of programs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (" ### CCP4 8.0.019: Refmac          version 5.8.0430 : 05/07/24##", {"Refmac": "5.8.0430"}),
        ("# Servalcat ver. 0.4.131 (Python 3.11.7)", {"Servalcat": "0.4.131"}),
        ("Phaser version: 2.8.3", {"Phaser": "2.8.3"}),
        ("the conversion of 3.2 files", {}),
        ("PDB version 3", {}),
        ("", {}),
    ],
)
def test_the_version_of_a_program_is_read_from_its_log(line, found):
    assert versions_in(f"first\n{line}\nlast") == found


def test_a_job_without_logs_has_no_versions_of_programs(tmp_path):
    (tmp_path / "log.txt").write_bytes(b"\xff\xfe\x00" * 9)
    (tmp_path / "stderr.txt").mkdir()
    assert declared_versions(tmp_path) == {}


# --- CPU time and memory ------------------------------------------------------------------------------------------


def burn(megabytes):
    code = f"x = b'x' * {megabytes * MB}; sum(range(10**6))"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_programs_of_a_job_count():
    # The system keeps the largest of all programs so far.
    megabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1000 + 100
    used = Usage(uuid4(), None)
    burn(megabytes)
    found = used.stop()
    assert found.cpu_s > 0
    assert found.peak_memory_bytes > megabytes * MB
    assert used.stop() is found


def test_a_sub_job_counts_for_its_parent_too():
    parent = uuid4()
    outer = Usage(parent, None)
    inner = Usage(uuid4(), parent)
    sum(range(3 * 10**6))
    used = inner.stop()
    assert 0 < used.cpu_s <= outer.stop().cpu_s


def test_nothing_is_known_of_jobs_that_run_at_the_same_time():
    first, second = Usage(uuid4(), None), Usage(uuid4(), None)
    assert [one.stop().cpu_s for one in (first, second)] == [None, None]
    third = Usage(uuid4(), None)
    assert third.stop().cpu_s is not None


def test_a_job_that_is_forgotten_does_not_count():
    Usage(uuid4(), None)
    gc.collect()
    assert Usage(uuid4(), None).stop().cpu_s is not None
