"""What the shell completes, and from where. `tests/acceptance/test_completion.py` asks real shells."""

import json
import os
import time

import click
import pytest
from click.testing import CliRunner

from ccp4hooks.cli import COMMANDS, cli
from ccp4hooks.cli.completion import COMPLETERS, SHELLS, answer, script
from ccp4hooks.cli.completion_cache import SWITCH, Cache, root
from ccp4hooks.cli.options import Choices

BREAKS = " \t\n\"'><=;|&(:"
"""The characters at which bash divides words by default."""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A directory without a database; nothing is read in the background."""
    for name in [one for one in os.environ if one.startswith(("CCP4", "DATABASE_URL", "DJANGO_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("CCP4I2_PROJECTS_DIR", str(tmp_path / "projects"))
    monkeypatch.setenv("CCP4HOOKS_PLUGINS", "no:database")
    monkeypatch.setenv(SWITCH, "0")
    return tmp_path


@pytest.fixture
def words(place, monkeypatch):
    """Returns what a shell gets for a line up to the cursor, as pairs of type and value."""

    def make(line, shell="bash"):
        monkeypatch.setenv("_CCP4HOOKS_COMPLETE", f"{shell}_complete")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", line.rpartition(" ")[2] if shell == "fish" else str(len(line.split()) - 1))
        monkeypatch.setenv("COMP_BREAKS", BREAKS)
        said = answer(cli, f"{shell}_complete")
        monkeypatch.delenv("_CCP4HOOKS_COMPLETE")
        return said.splitlines()

    return make


@pytest.fixture
def known(words):
    """The same with names: two jobs, two projects, a tag, a KPI, and the parameters of a task."""
    cache = Cache.of(Choices())
    record = {
        "projects": {"toxd": "The first", "my proj": ""},
        "directories": {"toxd": "/none"},
        "jobs": {"12": "freerflag FINISHED Free set: new", "2.1": "refmac FAILED"},
        "directory": "",
        "tags": ["best", "a'b"],
        "project_tags": ["lysozyme"],
        "kpis": {"RFree": "R-free"},
        "plugins": {"kpi": "loaded"},
    }
    cache.write("record:", record)
    cache.write("tasks", {"freerflag": "Free R set", "FreeRname": ""})
    names = {
        "F_SIGF": {"file": True},
        "MODE": {"allowed": ["one", "two words"], "default": "one", "help": "How"},
        "NCYC": {"default": "10"},
        "group.MODE": {"inside": True},
    }
    blank = {"help": "", "allowed": [], "default": "", "file": False, "inside": False}
    cache.write("task:freerflag", {"parameters": [{"name": name, **blank, **facts} for name, facts in names.items()]})
    return words


@pytest.mark.parametrize(
    ("line", "items"),
    [
        ("ccp4hooks desc", ["plain,describe"]),
        ("ccp4hooks show --tim", ["plain,--timing"]),
        ("ccp4hooks run freer", ["plain,freerflag"]),
        ("ccp4hooks run FREER", ["plain,freerflag", "plain,FreeRname"]),
        ("ccp4hooks run freerflag ", ["open,F_SIGF=", "open,MODE=", "open,NCYC="]),
        ("ccp4hooks run freerflag gr", ["open,group.MODE="]),
        ("ccp4hooks run freerflag MODE=", ["plain,one", "plain,two\\ words"]),
        ("ccp4hooks run freerflag 'MODE=t", ["plain,two words"]),
        ("ccp4hooks run freerflag NCYC=", ["plain,10"]),
        ("ccp4hooks run freerflag F_SIGF=a", ["file,a"]),
        ("ccp4hooks run freerflag F_SIGF=@", ["open,@12.", "open,@2.1.", "open,@last.", "open,@freerflag:last."]),
        ("ccp4hooks run other ", []),
        ("ccp4hooks run --from 12 M", ["open,MODE="]),
        ("ccp4hooks run --from 12 NCYC=3 MODE=o", ["plain,one"]),
        ("ccp4hooks run --from @last N", ["open,NCYC="]),
        ("ccp4hooks run --from 2.1 M", []),
        ("ccp4hooks sweep --from=12 M", ["open,MODE="]),
        ("ccp4hooks rerun 12 M", ["open,MODE="]),
        ("ccp4hooks rerun @freerflag:last M", ["open,MODE="]),
        ("ccp4hooks rerun 99 M", []),
        ("ccp4hooks rerun @", ["plain,@last", "plain,@freerflag:last"]),
        ("ccp4hooks rerun @f", ["plain,@freerflag:last"]),
        ("ccp4hooks rerun @freerflag:l", ["plain,last"]),
        ("ccp4hooks delete ", ["plain,12"]),
        ("ccp4hooks clean --context s", ["plain,script_finish"]),
        ("ccp4hooks show ", ["plain,12", "plain,2.1"]),
        ("ccp4hooks show 12 ", ["plain,2.1"]),
        ("ccp4hooks compare 12 ", ["plain,2.1"]),
        ("ccp4hooks compare --task f", ["plain,freerflag"]),
        ("ccp4hooks compare 12 --kpi R", ["plain,RFree"]),
        ("ccp4hooks compare 12 --kpi RFree --kpi R", []),
        ("ccp4hooks compare 12 --sort R", ["plain,RFree"]),
        ("ccp4hooks show 12 --project m", ["plain,my\\ proj"]),
        ("ccp4hooks show 12 --project=m", ["plain,my\\ proj"]),
        ("ccp4hooks tag 12 ", ["plain,best", "plain,a\\'b"]),
        ("ccp4hooks jobs --tag ", ["plain,best", "plain,a\\'b"]),
        ("ccp4hooks tag toxd ", ["plain,lysozyme"]),
        ("ccp4hooks tag --is-project 12 ", ["plain,lysozyme"]),
        ("ccp4hooks projects --tag ", ["plain,lysozyme"]),
        ("ccp4hooks note t", ["plain,toxd"]),
        ("ccp4hooks jobs --kpi R", ["open,RFree"]),
        ("ccp4hooks jobs --sort dur", ["plain,duration"]),
        ("ccp4hooks jobs --status fin", ["plain,FINISHED"]),
        ("ccp4hooks kpis t", ["plain,toxd"]),
        ("ccp4hooks kpis toxd R", ["plain,RFree"]),
        ("ccp4hooks plot R", ["plain,RFree"]),
        ("ccp4hooks plot RFree R", []),
        ("ccp4hooks plot RFree --over t", ["plain,toxd"]),
        ("ccp4hooks plot RFree --along 1", ["plain,12"]),
        ("ccp4hooks graph t", ["plain,toxd"]),
        ("ccp4hooks graph 1", ["plain,12"]),
        ("ccp4hooks projects show t", ["plain,toxd"]),
        ("ccp4hooks -p no:", ["plain,kpi"]),
        ("ccp4hooks plugins show k", ["plain,kpi"]),
        ("ccp4hooks docs swe", ["plain,sweep"]),
        ("ccp4hooks docs --search swe", []),
        ("ccp4hooks docs sweep swe", []),
        ("ccp4hooks describe freerflag ", []),
        ("ccp4hooks nothing ", []),
        ("ccp4hooks 'unclosed", []),
    ],
)
def test_bash_gets_what_can_stand_at_the_cursor(known, line, items):
    assert known(line) == items


@pytest.mark.parametrize(
    ("line", "items"),
    [
        ("ccp4hooks rerun @la", ["plain,@last"]),
        ("ccp4hooks run freerflag F_SIGF=@l", ["open,@last."]),
        ("ccp4hooks rerun @freerflag:l", ["plain,last"]),
        ("ccp4hooks run freerflag MODE=", ["plain,one", "plain,two\\ words"]),
    ],
)
def test_bash_keeps_an_at_sign_at_which_it_completes_hosts(known, monkeypatch, line, items):
    monkeypatch.setattr(f"{__name__}.BREAKS", BREAKS + "@")
    assert known(line) == items


def test_the_contexts_of_clean_are_those_of_ccp4i2():
    from ccp4hooks.cli.deleting import CONTEXTS
    from ccp4hooks.i2.purge_rules import contexts

    assert tuple(contexts()) == CONTEXTS


def test_zsh_and_fish_get_whole_words_with_explanations(known):
    assert known("ccp4hooks show 1", "zsh") == ["plain", "12", "freerflag FINISHED Free set: new"]
    assert known("ccp4hooks run freerflag MODE=o", "zsh") == ["plain", "MODE=one", "default"]
    assert known("ccp4hooks show 1", "fish") == ["plain,12\tfreerflag FINISHED Free set: new"]
    assert known("ccp4hooks jobs --project=m", "fish") == ["plain,--project=my proj"]


def test_nothing_is_completed_without_names_or_with_damaged_ones(words, place):
    assert words("ccp4hooks run f") == []
    assert words("ccp4hooks show ") == []
    cache = Cache.of(Choices())
    for content in (b"", b"[1]", b"\xff{", b'{"jobs": 3}'):
        for part in ("tasks", "record:", "task:freerflag"):
            cache.write(part, {})
        for path in cache.directory.iterdir():
            path.write_bytes(content)
        for line in ("run f", "show ", "run freerflag X", "tag 1 b", "kpis "):
            assert words(f"ccp4hooks {line}") == []
    assert words("ccp4hooks sho") == ["plain,show"]


def test_an_unknown_shell_gets_nothing():
    assert answer(cli, "powershell_complete") == answer(cli, "") == ""


def test_names_that_cannot_be_typed_are_not_completed(words):
    Cache.of(Choices()).write("record:", {"projects": {"a\x1b[31m": "", "a\nb": "", "ok": ""}})
    assert words("ccp4hooks show --project ") == ["plain,ok"]


def test_each_environment_and_set_of_options_has_names_of_its_own(place, monkeypatch):
    first = Cache.of(Choices()).directory
    assert Cache.of(Choices()).directory == first
    seen = {first, Cache.of(Choices(plugins=("model-stats",))).directory, Cache.of(Choices(database="x")).directory}
    (place / "ccp4hooks.toml").write_text('project = "toxd"')
    seen.add(Cache.of(Choices()).directory)
    monkeypatch.setenv("DATABASE_URL", "sqlite:///x")
    seen.add(Cache.of(Choices()).directory)
    assert len(seen) == 5


def refreshed(*parts):
    for part in parts:
        done = CliRunner().invoke(cli, ["completion", "--refresh", "--part", part])
        assert done.exit_code == 0, done.output


def test_the_names_are_read_from_the_session(words, place, data):
    run = CliRunner().invoke(cli, ["run", "coordinate_selector", f"XYZIN={data['model']}", "--project", "toxd"])
    assert run.exit_code == 0
    refreshed("record:", "record:toxd", "task:freerflag", "task:coordinate_selector")
    assert words("ccp4hooks show --project toxd 1", "fish") == [
        "plain,1\tcoordinate_selector FINISHED coordinate_selector"
    ]
    assert words("ccp4hooks kpis toxd ", "fish") == ["plain,nAtoms\tAtoms", "plain,nResidues\tResidues"]
    assert words("ccp4hooks run coordinate_selector XYZ") == ["open,XYZIN="]
    assert words("ccp4hooks run freerflag GEN_MODE=") == ["plain,GEN_NEW", "plain,COMPLETE"]
    assert "plain,file-import" in words("ccp4hooks -p ")
    # A job that began after the names were read has a directory.
    (place / "projects" / "toxd" / "CCP4_JOBS" / "job_7").mkdir()
    assert words("ccp4hooks show --project toxd ") == ["plain,7", "plain,1"]
    mode = Cache.of(Choices()).directory.stat().st_mode
    assert mode & 0o077 == 0


def test_all_tasks_are_read_and_what_is_unused_is_removed(words, monkeypatch, place):
    old = root() / "old"
    old.mkdir(parents=True)
    os.utime(old, (0, 0))
    monkeypatch.setattr("ccp4hooks.session.Session.describe", lambda *_: json.loads("no parameters here"))
    refreshed("tasks")
    assert words("ccp4hooks describe freerf", "fish") == ["plain,freerflag\tGenerate a Free R set"]
    assert not old.exists()


def test_old_names_are_used_once_more_and_read_again_in_the_background(words, monkeypatch, place):
    monkeypatch.delenv(SWITCH)
    cache = Cache.of(Choices())
    cache.write("record:", {"projects": {"old": ""}})
    (record,) = cache.directory.glob("*.json")
    os.utime(record, (0, 0))
    assert words("ccp4hooks show --project ") == ["plain,old"]
    until = time.monotonic() + 100
    while not record.stat().st_mtime and time.monotonic() < until:
        time.sleep(0.05)
    assert words("ccp4hooks show --project ") == []


def arguments(name, command):
    below = vars(command).get("commands", {})
    for sub, each in ((name, command), *((f"{name} {one}", under) for one, under in below.items())):
        for one in each.params:
            yield f"{sub} {one.name}", f"{name} {one.name}", one


FREE = {"title", "text", "new", "pattern", "name", "uuid"}
"""Arguments for which users choose a text of their own, or that no user gives."""


def test_each_argument_can_be_completed_or_is_a_text_of_the_users_own():
    missing = []
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        for where, key, one in arguments(name, command):
            own = isinstance(one.type, (click.Choice, click.Path, click.IntRange))
            if isinstance(one, click.Argument) and not own and not {key, one.name} & (COMPLETERS.keys() | FREE):
                missing.append(where)
    assert missing == []


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_of_a_shell_is_printed(place, shell):
    done = CliRunner().invoke(cli, ["completion", shell])
    assert (done.exit_code, done.stdout) == (0, script(cli, shell))
    assert "_CCP4HOOKS_COMPLETE=" in done.stdout


def test_a_shell_or_a_refresh_must_be_asked_for(place):
    for given in ([], ["bash", "--refresh"], ["csh"]):
        assert CliRunner().invoke(cli, ["completion", *given]).exit_code == 2


def test_restore_completes_the_jobs_in_the_trash_and_clean_the_recorded_ones(words, known, place):
    cache = Cache.of(Choices())
    for name in ("job_12.a", "job_7.b", "last_deleted", ".purged.job_3.c"):
        (place / ".ccp4hooks_trash" / name).mkdir(parents=True)
    cache.write("record:", {**cache.record(""), "directory": str(place)})
    assert words("ccp4hooks restore ") == ["plain,7", "plain,12"]
    assert words("ccp4hooks restore 7 ") == ["plain,12"]
    assert words("ccp4hooks purge 7 ")[:1] == ["plain,12"]
    assert [line.split(",")[1] for line in words("ccp4hooks verify ")] == ["12", "2.1", "toxd", "my\\ proj"]
