"""Invalid inputs of the command line, each with the exit code and words of the message that explains it."""

import gzip
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import gemmi


class BadInput(NamedTuple):
    """Words of the command line, its exit code, and a word that its message contains.

    ``{NAME}`` in a word stands for a file of :func:`make_files`, ``{settings}`` for a file with the given settings.
    """

    words: tuple[str, ...]
    code: int
    said: str
    variables: Mapping[str, str] = MappingProxyType({})
    settings: str = ""


RUN_FREE = ("run", "freerflag")
RUN_MODEL = ("run", "coordinate_selector")
WITH_DATA = (*RUN_FREE, "F_SIGF={mtz}")
WITH_MODEL = (*RUN_MODEL, "XYZIN={model}")

USAGE, REFUSED, BAD, PLUGIN, STORE = 2, 3, 4, 6, 7


def cases(code, said, *lines, variables=None):
    """Yield one case for each tuple of words. A message of ``None`` stands for the last word."""
    for words in lines:
        yield BadInput(words, code, words[-1] if said is None else said, variables or MappingProxyType({}))


def values(name, start, *bad):
    """Yield one case for each bad value of the parameter."""
    for value in bad:
        yield BadInput((*start, f"{name}={value}"), BAD, name)


def files(start, name, code, *keys):
    """Yield one case for each file of :func:`make_files`; its name, or what names it, is in the message."""
    for key in keys:
        yield BadInput((*start, f"{name}={{{key}}}"), code, f"{{{key}.name}}")


def settings(*texts):
    """Yield one case for each text of a settings file."""
    for text, said in texts:
        yield BadInput(("jobs", "--config", "{settings}"), BAD, said, settings=text)


INPUTS = [
    # The command line itself.
    *cases(USAGE, "TASK", ("run",), ("describe",)),
    *cases(USAGE, "JOB", ("show",), ("cancel",), ("reglean",)),
    *cases(USAGE, "NAME", ("new-plugin",), ("plugins", "show")),
    *cases(
        USAGE,
        None,
        ("runn",),
        ("job",),
        ("Show",),
        ("jobs", "--jsn"),
        ("run", "--nothing"),
        ("--nothing",),
        ("tasks", "-x"),
    ),
    *cases(USAGE, "--keep", (*WITH_DATA, "--keep", "kept")),
    *cases(USAGE, "unexpected", ("jobs", "demo", "more"), ("wait", "1", "2")),
    # Tasks.
    *cases(
        BAD,
        None,
        ("run", "freerflga"),
        ("describe", "freerflga"),
        ("run", "FREERFLAG"),
        ("run", "freerflag "),
        ("describe", "é"),
    ),
    *cases(BAD, "TASK is empty", ("run", "")),
    *cases(BAD, "task", ("describe", ""), ("run", "../freerflag"), ("run", "x" * 5000)),
    # Parameters.
    *values(
        "FRAC",
        WITH_DATA,
        "abc",
        "",
        " ",
        "nan",
        "inf",
        "-inf",
        "1e999",
        "2",
        "-0.1",
        "0x10",
        "0,05",
        "1 2",
        "True",
        "None",
    ),
    *values("RESMAX", WITH_DATA, "-1", "-1e-300", "two"),
    *values("COMPLETE", WITH_DATA, "maybe", "2", "-1", "", "Truee"),
    *values("GEN_MODE", WITH_DATA, "NEW", "gen_new", "", "GEN_NEW,COMPLETE"),
    *values("OVERRIDE_SUBTYPE", WITH_MODEL, "9", "-1", "1.5", "abc", "", "1" * 400),
    *values("FREEROUT", WITH_DATA, "x.mtz", "", "/etc/passwd"),
    *values("guiAdmin.jobStatus", WITH_DATA, "x"),
    *cases(
        BAD,
        "parameter",
        (*WITH_DATA, "FRAK=0.1"),
        (*WITH_DATA, "frac=0.1"),
        (*WITH_DATA, "FRAC.x=0.1"),
        (*WITH_DATA, "F_SIGF.nothing=1"),
        (*WITH_DATA, "guiAdmin.nothing=1"),
        (*WITH_DATA, "nothing.at.all=1"),
        (*WITH_DATA, "__class__=1"),
        (*WITH_DATA, "container=1"),
        (*WITH_DATA, "é=1"),
    ),
    *cases(BAD, "FRAC", (*WITH_DATA, "FRAC[0]=0.1"), (*WITH_DATA, "FRAC=0.1", "FRAC=0.2")),
    *cases(USAGE, "NAME=VALUE", (*WITH_DATA, "FRAC"), (*WITH_DATA, "=1"), (*WITH_DATA, "="), (*WITH_DATA, "")),
    *cases(BAD, "F_SIGF", RUN_FREE, (*RUN_FREE, "F_SIGF=")),
    *cases(BAD, "XYZIN", RUN_MODEL, (*RUN_MODEL, "XYZIN="), (*RUN_MODEL, "XYZIN={model}", "XYZIN={model}")),
    *cases(
        BAD,
        "ASU_CONTENT",
        ("run", "ProvideAsuContents", "ASU_CONTENT=VALUE"),
        ("run", "ProvideAsuContents", "ASU_CONTENT[x].sequence=AG"),
        ("run", "ProvideAsuContents", "ASU_CONTENT[-1].sequence=AG"),
        ("run", "ProvideAsuContents", "ASU_CONTENT[99999999].sequence=AG"),
        ("run", "ProvideAsuContents", "ASU_CONTENT[0].nothing=AG"),
        ("run", "ProvideAsuContents", "ASU_CONTENT[0].nCopies=many"),
        ("run", "ProvideAsuContents", "ASU_CONTENT[0]=AG"),
        ("run", "ProvideAsuContents", "ASU_CONTENT[0=AG"),
    ),
    # Files that cannot be read.
    *files(RUN_FREE, "F_SIGF", BAD, "missing", "directory", "loop", "pipe", "socket", "null", "zero", "below_a_file"),
    *files(RUN_MODEL, "XYZIN", BAD, "missing", "directory", "loop", "pipe", "socket", "null", "zero", "below_a_file"),
    *cases(BAD, "F_SIGF", (*RUN_FREE, "F_SIGF=" + "x" * 300), (*RUN_FREE, "F_SIGF=/" + "y/" * 3000)),
    *cases(
        BAD,
        "XYZIN",
        (*RUN_MODEL, "XYZIN=https://files.example.org/1abc.pdb"),
        (*RUN_MODEL, "XYZIN=~nobody-at-all/x.pdb"),
    ),
    *cases(
        BAD,
        "F_SIGF",
        *(
            (*RUN_FREE, "F_SIGF={many}" + columns)
            for columns in (
                "[FP,SIGFP]",
                "[FNAT]",
                "[]",
                "[,]",
                "[FNAT,SIGFNAT",
                "[FNAT SIGFNAT]",
                "[FreeR_flag]",
                "[FNAT,FNAT]",
            )
        ),
    ),
    # Files with the wrong content.
    *files(
        RUN_FREE,
        "F_SIGF",
        REFUSED,
        "empty_mtz",
        "half_mtz",
        "short_mtz",
        "model",
        "text_mtz",
        "html_mtz",
        "mtz_gz",
        "pointer_mtz",
        "many",
        "cif",
        "no_reflections_mtz",
        "binary_mtz",
    ),
    *files(
        RUN_MODEL,
        "XYZIN",
        REFUSED,
        "empty_pdb",
        "text_pdb",
        "html_pdb",
        "pdb_gz",
        "mtz",
        "mtz_as_pdb",
        "binary_pdb",
        "no_atoms_cif",
        "broken_cif",
        "json_pdb",
        "dictionary_cif",
        "nan_pdb",
        "half_line_pdb",
    ),
    # Jobs of the project as inputs.
    *cases(
        BAD,
        "XYZIN",
        *(
            (*RUN_MODEL, f"XYZIN={job}")
            for job in (
                "@",
                "@2",
                "@2.",
                "@.XYZOUT",
                "@99.XYZOUT",
                "@x.XYZOUT",
                "@-1.XYZOUT",
                "@2.XYZ",
                "@2.xyzout",
                "@1.FREEROUT",
                "@3.1.1.XYZOUT",
                "@3.1.XYZOUT",
                "@2.XYZOUT.x",
                "@2.XYZOUT[0]",
                "@" + "9" * 40 + ".XYZOUT",
                "@2 .XYZOUT",
                "@0.XYZOUT",
                "@2.NATOMS",
            )
        ),
    ),
    *cases(
        BAD, "F_SIGF", *((*RUN_FREE, f"F_SIGF={job}") for job in ("@2.XYZOUT", "@1.FREEROUT[FP,SIGFP]", "@1.F_SIGF.x"))
    ),
    # Jobs.
    *cases(
        BAD,
        None,
        *(
            (command, number)
            for command in ("show", "cancel", "reglean")
            for number in ("99", "0", "abc", "3.9", "1.1.1", "9" * 40, "٣")
        ),
    ),
    *cases(BAD, "Job 1 is FINISHED", ("cancel", "1")),
    *cases(BAD, "3.1 is a sub-job", ("cancel", "3.1")),
    *cases(BAD, None, ("jobs", "dmeo"), ("recover", "dmeo"), ("replay", "dmeo"), ("show", "1", "--project", "dmeo")),
    # Projects.
    *cases(
        BAD,
        "project",
        *(
            (*WITH_DATA, "--project", name)
            for name in ("", " ", "a/b", "..", "../x", "x" * 300, "a\nb", "/etc/x", ".", "a\x1b[31m")
        ),
    ),
    # Replay from elsewhere.
    *cases(BAD, "{missing.name} does not exist", ("replay", "--from", "{missing}")),
    *cases(BAD, "{empty_directory.name}", ("replay", "--from", "{empty_directory}")),
    *cases(BAD, "{model.name} is not a directory", ("replay", "--from", "{model}")),
    *cases(BAD, "{bad_outcome.name}", ("replay", "--from", "{bad_outcome}")),
    *cases(USAGE, "--all", ("replay", "--all", "1"), ("replay", "--all", "--from", "{empty_directory}")),
    # Settings files.
    *settings(
        ('databse = "x"', "databse"),
        ("database = 3", "database"),
        ('database = ["x"]', "database"),
        ("use = 3", "use"),
        ("use = [3]", "use"),
        ('use = "a"', "use"),
        ("project = []", "project"),
        ("plugins = 3", "plugins"),
        ("[plugins]\ndatabase = 3", "database"),
        ("[plugins.databse]\nwait_s = 3", "databse"),
        ("[plugins.database]\nwait = 3", "wait"),
        ('[plugins.database]\nwait_s = "3"', "wait_s"),
        ("[plugins.database]\nwait_s = nan", "wait_s"),
        ("[plugins.database]\nwait_s = -1", "wait_s"),
        ("[plugins.database]\nwait_s = true", "wait_s"),
        ("a = ", "{settings.name}"),
        ("a = 1\na = 2", "{settings.name}"),
        ("\udcff", "{settings.name}"),
        ("=" * 5, "{settings.name}"),
        ("a = " + "[" * 5000, "{settings.name}"),
        ("projects_dir = 3", "projects_dir"),
    ),
    *cases(BAD, "{missing.name}", ("jobs", "--config", "{missing}")),
    *cases(BAD, "{directory.name}", ("jobs", "--config", "{directory}")),
    *cases(BAD, "{mtz.name}", ("jobs", "--config", "{mtz}")),
    # Databases.
    *cases(
        STORE,
        "database",
        *(
            ("projects", "--database", url)
            for url in (
                "nonsense",
                "mysql://host/name",
                "sqlite:",
                "sqlite://",
                "postgresql://",
                "postgresql:///",
                "http://example.org",
                "postgresql://host:port/name",
            )
        ),
    ),
    *cases(BAD, "--database", ("projects", "--database", " ")),
    *cases(STORE, "{text_pdb.name}", ("projects", "--database", "sqlite:///{text_pdb}")),
    *cases(STORE, "{directory.name}", ("projects", "--database", "sqlite:///{directory}")),
    *cases(
        STORE,
        "nowhere",
        ("projects", "--database", "sqlite:///{directory}/nowhere/db.sqlite3"),
        ("projects", "--database", "postgresql://nowhere.invalid/name"),
    ),
    *cases(STORE, "127.0.0.1", ("projects", "--database", "postgresql://127.0.0.1:1/name")),
    # Plugins.
    *cases(BAD, "'databse'", ("jobs", "-p", "no:databse")),
    *cases(BAD, "'nowhere'", ("jobs", "-p", "no:nowhere")),
    *cases(BAD, None, *(("jobs", "-p", name) for name in ("nowhere", "a b", "1", "os.nothing"))),
    *cases(BAD, "plugin", *(("jobs", "-p", name) for name in ("", "no:", ".", ".x", "-"))),
    *cases(BAD, None, ("plugins", "show", "databse"), ("plugins", "--hook", "glean_kip")),
    # New packages.
    *cases(
        BAD,
        "name",
        *(("new-plugin", name) for name in ("", "1abc", "a b", "class", "../x", "é", "a" * 300, "-", ".", "numpy/x")),
    ),
    *cases(BAD, "{model.name}", ("new-plugin", "fine", "--directory", "{model}")),
    # Variables of the environment.
    *cases(BAD, "CCP4HOOKS_AUTOLOAD", ("jobs",), variables={"CCP4HOOKS_AUTOLOAD": "xyz"}),
    *cases(BAD, "nowhere", ("jobs",), variables={"CCP4HOOKS_PLUGINS": "nowhere"}),
    *cases(BAD, "dmeo", ("show", "1"), variables={"CCP4HOOKS_PROJECT": "dmeo"}),
    *cases(STORE, "database URL", ("jobs",), variables={"DATABASE_URL": "nonsense"}),
    # Jobs that are followed.
    *cases(USAGE, "JOB", ("log",), ("wait",)),
    *cases(USAGE, "unexpected", ("log", "1", "2"), ("watch", "demo", "more")),
    *cases(USAGE, "--lines", *(("log", "1", "-n", text) for text in ("-1", "x", "", "1e9"))),
    *cases(USAGE, "--timeout", *(("wait", "1", "--timeout", text) for text in ("-1", "soon", "", "nan"))),
    *cases(BAD, None, *((command, number) for command in ("log", "wait") for number in ("99", "0", "abc", "3.9", "٣"))),
    *cases(BAD, "dmeo", ("watch", "dmeo"), ("log", "1", "--project", "dmeo"), ("wait", "1", "--project", "dmeo")),
    *cases(BAD, "log of a program", ("log", "1", "--program"), ("log", "3", "--program")),
]


MANY_COLUMNS = "freerflag/test_data/rnase25.mtz"
REFLECTIONS = "freerflag/test_data/rnase25_fsigf.mtz"
MODEL = "chainsaw/test_data/1a80_A.pdb"
ATOM = "ATOM      1  CA  GLY A   1       1.000   2.000   3.000  1.00 10.00           C\n"
HTML = "<!DOCTYPE html><html><body>404 Not Found</body></html>\n"
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935\nsize 12345\n"
DICTIONARY = """data_comp_LIG
loop_
_chem_comp_atom.comp_id
_chem_comp_atom.atom_id
_chem_comp_atom.type_symbol
LIG C1 C
LIG C2 C
"""


def make_files(folder, data):
    """Write the files of the cases into a directory and return their paths by name."""
    whole = (data / REFLECTIONS).read_bytes()
    model = (data / MODEL).read_bytes()
    contents = {
        "empty.mtz": b"",
        "half.mtz": whole[: len(whole) // 2],
        "short.mtz": whole[:60],
        "text.mtz": b"Dear diary,\n",
        "html.mtz": HTML.encode(),
        "pointer.mtz": POINTER.encode(),
        "binary.mtz": bytes(range(256)) * 40,
        "no_reflections.mtz": b"",
        "empty.pdb": b"",
        "text.pdb": b"Dear diary,\n",
        "html.pdb": HTML.encode(),
        "mtz_as.pdb": whole,
        "binary.pdb": bytes(range(256)) * 40,
        "json.pdb": b'{"atoms": []}\n',
        "nan.pdb": ATOM.replace("   1.000", "     nan").encode(),
        "half_line.pdb": ATOM[:40].encode(),
        "no_atoms.cif": b"data_x\n_cell.length_a 10\n",
        "broken.cif": b"data_x\nloop_\n_atom_site.id\n_atom_site.x\n1\n",
        "dictionary.cif": DICTIONARY.encode(),
        "reflections.cif": b"data_x\nloop_\n_refln.index_h\n_refln.index_k\n_refln.index_l\n1 2 3\n",
        "mtz.gz": gzip.compress(whole),
        "pdb.gz": gzip.compress(model),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    nothing = gemmi.read_mtz_file(str(data / REFLECTIONS))
    nothing.set_data(nothing.array[:0])
    nothing.write_to_file(str(folder / "no_reflections.mtz"))
    for name in ("directory", "empty_directory", "bad_outcome"):
        (folder / name).mkdir()
    (folder / "bad_outcome" / "ccp4hooks_outcome.json").write_text("[" * 9, encoding="utf-8")
    (folder / "loop").symlink_to(folder / "loop")
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "socket"))
    paths = {path.name.replace(".", "_"): path for path in folder.iterdir()}
    elsewhere = {"null": "/dev/null", "zero": "/dev/zero", "below_a_file": folder / "text.pdb" / "x"}
    paths |= {
        "mtz": data / REFLECTIONS,
        "model": data / MODEL,
        "many": data / MANY_COLUMNS,
        "missing": folder / "missing",
    }
    return paths | {name: Path(path) for name, path in elsewhere.items()} | {"cif": folder / "reflections.cif"}
