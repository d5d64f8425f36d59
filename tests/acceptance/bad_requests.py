"""Invalid requests to the commands that run jobs again, delete, check and hand them over; see ``bad_inputs``.

The project ``p`` has four jobs: 1 reads a model, 2 the output of job 1, 3 is in the trash, and 4 has failed.
"""

import json
import zipfile
from itertools import product

from acceptance.bad_inputs import BAD, USAGE, cases

NUMBERS = ("99", "0", "-1", "abc", "1.", ".1", "1.9", "1.1.1", "1e0", "9" * 40, "٣", "", " 1", "01", "@", "@first")
"""What is no number of a job of the project, nor the latest job."""

NAMES = ("dmeo", "..", "a/b", "é", "x" * 300, "\x1b[31m", "a\nb", "*", "-")
"""What is no name of a project."""

FILES = ("missing", "directory", "loop", "empty", "text", "binary", "below_a_file", "denied")
"""Files that are neither archives nor files of parameters."""

ARCHIVES = (
    "not_whole.zip",
    "no_project.zip",
    "upwards.zip",
    "absolute.zip",
    "twice.zip",
    "linked.zip",
    "two_projects.zip",
    "no_xml.zip",
    "entities.zip",
    "bad_record.zip",
    "later_record.zip",
    "other_record.zip",
    "deep_record.zip",
)

PARAMETERS = {
    "broken.toml": ("task = ", "is not TOML"),
    "broken.json": ("{", "is not JSON"),
    "double.json": ('{"XYZIN": "a", "XYZIN": "b"}', "has the key 'XYZIN' twice"),
    "double.toml": ('XYZIN = "a"\nXYZIN = "b"\n', "is not TOML"),
    "aliased.json": ('{"XYZIN": "{model}", "inputData.XYZIN": "{model}"}', "inputData.XYZIN was given twice"),
    "list.json": ("[1, 2]", "must contain a table"),
    "number.json": ("1", "must contain a table"),
    "null.json": ('{"XYZIN": null}', "XYZIN has a value of the type null"),
    "infinite.json": ('{"XYZIN": 1e999}', "is not a finite number"),
    "nan.json": ('{"XYZIN": NaN}', "is not a finite number"),
    "deep.json": ('{"a":' * 9000, "too many objects and lists"),
    "deep.toml": ("a = " + "[" * 9000, "is not TOML"),
    "digits.json": ('{"XYZIN": %s}' % ("1" * 5000), "is not JSON"),
    "surrogate.json": ('{"XYZIN": "\\ud800"}', "no text can contain"),
    "null_byte.json": ('{"XYZIN": "a\\u0000b"}', "null character"),
    "unknown.toml": ("NONSENSE = 1\n", "Unknown parameter 'NONSENSE'"),
    "other.toml": ('task = "freerflag"\n[parameters]\n', "has parameters of the task 'freerflag'"),
    "gone.toml": ('XYZIN = "/nowhere/x.pdb"\n', "/nowhere/x.pdb does not exist"),
    "date.toml": ("XYZIN = 2026-11-28\n", "XYZIN has a value of the type date"),
    "secrets.toml": ("task = 'coordinate_selector'\nsecrets = 5\n[parameters]\n", "secrets must be an array"),
    "dotted.toml": ("a" + ".a" * 20_000 + " = 1\n", "deeply"),
    "secret.toml": ('task = "coordinate_selector"\nsecrets = ["KEY"]\n[parameters]\n', "KEY=VALUE"),
    "broken.xml": ("<a>", "is not XML"),
    "no_task.xml": ("<a/>", "cannot be read as parameters of the task"),
    "entities.xml": ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "declares a document type"),
    "unknown_task.xml": ("<a><pluginName>nonsense</pluginName></a>", "Unknown task 'nonsense'"),
    "p.yaml": ("XYZIN: a\n", "TOML, JSON or XML"),
    "no_extension": ("", "TOML, JSON or XML"),
}
"""Files of parameters by name: their text, and words of the message. ``{model}`` is a model."""

TABLES = {
    "empty.csv": ("", "has no rows"),
    "names.csv": ("XYZIN\n", "has no rows"),
    "twice.csv": ("XYZIN,XYZIN\na,b\n", "occurs twice"),
    "unnamed.csv": ("XYZIN,\na,b\n", "a column has no name"),
    "ragged.csv": ("XYZIN\na,b\n", "line 2"),
    "quoted.csv": ('XYZIN\n"a\n', "is not a table"),
    "unknown.csv": ("NONSENSE\n1\n", "Unknown parameter 'NONSENSE'"),
    "gone.csv": ("XYZIN\n/nowhere/x.pdb\n", "/nowhere/x.pdb does not exist"),
    "null.csv": ("XYZIN\na\0b\n", "null character"),
}


def shown(word):
    """Return a word as a message shows it, as far as that is the same everywhere."""
    return word if word.isprintable() and len(word) < 80 else ""


def of_jobs(code, *starts, words=NUMBERS):
    """Yield a case for each command and each word that names no job."""
    for start, word in product(starts, words):
        yield from cases(code, shown(word), (*start, "--", word))


SWEEP = ("sweep", "coordinate_selector", "XYZIN={model}")
RUN = ("run", "coordinate_selector")

REQUESTS = [
    *of_jobs(BAD, ("delete", "--yes"), ("delete", "--dry-run"), ("restore",), ("save-params",), ("rerun",)),
    *of_jobs(BAD, ("verify",), ("clean", "--yes"), words=("99", "1.9", "9" * 9, "@nonsense:last")),
    *of_jobs(BAD, ("verify",), ("clean", "--yes"), ("export",), words=NAMES[:-1]),
    *of_jobs(BAD, ("trash",), ("purge", "--yes"), words=NAMES[:-1]),
    *cases(
        USAGE,
        "is not a job number",
        ("verify", "p", "q"),
        ("clean", "p", "1", "x"),
        ("verify", "p", "p"),
        ("purge", "p", "q"),
    ),
    *cases(
        BAD, None, *(("run", "--from", number) for number in NUMBERS if number not in ("", "-1", "@") and shown(number))
    ),
    *cases(BAD, "--from", ("run", "--from", ""), ("run", "--from", " "), ("sweep", "XYZIN=a", "--from", "")),
    # Words that are missing or too many.
    *cases(USAGE, "JOB", ("delete",), ("restore",), ("rerun",), ("save-params",), ("rename",)),
    *cases(USAGE, "Give a PROJECT", ("export",)),
    *cases(USAGE, "ZIP|DIR", ("import",)),
    *cases(USAGE, "unexpected", ("trash", "p", "q"), ("import", "a", "b"), ("save-params", "1", "2")),
    *cases(BAD, "TASK is empty", ("sweep", "", "WEIGHT=1,2"), ("run", " ", "--from", "1")),
    *cases(USAGE, "TASK", ("run",), ("sweep",), ("describe",)),
    *cases(
        USAGE,
        "NAME=VALUE",
        ("rerun", "1", "2"),
        ("rerun", "1", "=2"),
        (*SWEEP, "a"),
        ("run", "--from", "1", "A=1", "2"),
    ),
    # Options that do not fit.
    *cases(USAGE, "Give --yes", ("delete", "2"), ("purge", "p"), ("delete", "2", "--json")),
    *cases(
        USAGE,
        "Give only one of",
        ("verify", "p", "--project", "q"),
        ("trash", "p", "--project", "q"),
    ),
    *cases(USAGE, "Give only one of", (*RUN, "--from", "1", "--params", "x.toml"), (*RUN, "--if-changed", "--dry-run")),
    *cases(USAGE, "Give only one of", ("export", "p", "--ccp4i2", "a.zip", "--csv", "b"), (*SWEEP, "--csv", "--json")),
    *cases(USAGE, "With --all", ("purge", "p", "--all"), ("purge", "1", "--all"), ("purge", "--project", "p", "--all")),
    *cases(USAGE, "--licence", ("export", "p", "--licence", "CC0")),
    *cases(USAGE, "one PROJECT", ("export", "p", "1"), ("export", "p", "q"), ("export", "p", "--project", "q")),
    *cases(USAGE, "-j", *((*SWEEP, "-j", text) for text in ("0", "-1", "x", "1.5", ""))),
    *cases(USAGE, "--nothing", *((name, "--nothing") for name in ("delete", "trash", "import", "sweep", "completion"))),
    *cases(
        BAD, None, *(("purge", "p", "--older-than", text) for text in ("soon", "30", "1 parsec", "2026-13-01", "9e99d"))
    ),
    *cases(BAD, "--older-than", *(("purge", "p", "--older-than", text) for text in ("", " "))),
    *cases(BAD, None, *(("clean", "p", "--context", text) for text in ("nonsense", "SCRIPT_FINISH", "temporary,x"))),
    *cases(BAD, "project", *(("trash", "--project", name) for name in ("", " "))),
    *cases(
        BAD,
        None,
        *((*words, "--project", "dmeo") for words in (("delete", "1", "--yes"), ("restore", "3"), ("rerun", "1"))),
    ),
    # What must not be done.
    *cases(
        BAD, "reads its output", ("delete", "1", "--yes"), ("delete", "1", "--dry-run"), ("delete", "1", "1", "--yes")
    ),
    *cases(BAD, "is not in the trash", ("restore", "1"), ("restore", "3.1"), ("restore", "3", "1")),
    # Export.
    *cases(
        BAD, "is not the name of a zip file", ("export", "p", "--ccp4i2", "x.tar"), ("export", "p", "--ccp4i2", "x")
    ),
    *cases(BAD, "exists already", ("export", "p", "--ccp4i2", "{taken.zip}"), ("export", "p", "--csv", "{directory}")),
    *cases(
        BAD,
        "is not an existing directory",
        ("export", "p", "--ccp4i2", "/nowhere/x.zip"),
        ("export", "p", "--csv", "{below_a_file}/x"),
    ),
    *cases(BAD, "The value of --c", ("export", "p", "--ccp4i2", ""), ("export", "p", "--csv", " ")),
    *cases(
        BAD, "Unknown job '99'", ("export", "99", "--ccp4i2", "{taken.zip}"), ("export", "1", "99", "--ccp4i2", "x.zip")
    ),
    *cases(BAD, "Unknown job '1.9'", ("export", "1.9", "--ccp4i2", "x.zip")),
    *cases(BAD, "is in a directory that is exported", ("export", "p", "--ccp4i2", "{project}/CCP4_JOBS/x.zip")),
    # Reports.
    *of_jobs(BAD, ("report",), words=("99", "1.9", "9" * 9, "@nonsense:last", *NAMES[:-1])),
    *cases(USAGE, "is not a job number", ("report", "p", "q"), ("report", "1", "x")),
    *cases(
        BAD, "is no report of ccp4hooks", ("report", "-o", "{taken.zip}"), ("report", "--json", "-o", "{taken.zip}")
    ),
    *cases(BAD, "is a directory", ("report", "-o", "{directory}"), ("report", "-o", ".")),
    *cases(BAD, "is not an existing directory", ("report", "-o", "/nowhere/x"), ("report", "-o", "{below_a_file}/x")),
    *cases(BAD, None, ("report", "-o", ""), ("report", "-o", " "), ("report", "-o", "x" * 300)),
    *cases(BAD, "has the ending of another format", ("report", "-o", "x.pdf"), ("report", "-o", "x.csv")),
    # Graphs and plots.
    *of_jobs(BAD, ("graph",), words=("99", "1.9", "9" * 9, "@nonsense:last", *NAMES[:-1])),
    *cases(USAGE, "Give only one JOB", ("graph", "1", "2")),
    *cases(USAGE, "need a JOB", ("graph", "p", "--up"), ("graph", "--down")),
    *cases(
        BAD, "does not tell the format", ("graph", "-o", "x"), ("graph", "-o", "x.svg"), ("plot", "a", "-o", "x.dot")
    ),
    *cases(BAD, "is no report of ccp4hooks", ("graph", "-o", "{taken.html}")),
    *cases(BAD, "exists already", ("graph", "-o", "{taken.json}")),
    *cases(
        BAD, "is not an existing directory", ("graph", "-o", "/nowhere/x.dot"), ("graph", "-o", "{below_a_file}/x.dot")
    ),
    *cases(BAD, None, ("graph", "-o", ""), ("graph", "-o", " "), ("graph", "-o", "x" * 300 + ".dot")),
    *cases(BAD, "has the KPI", ("plot", "nonsense"), ("plot", ""), ("plot", "\x1b[31m"), ("plot", "x" * 300)),
    *cases(BAD, "Unknown project", ("plot", "a", "--over", "dmeo"), ("plot", "a", "--project", "..")),
    *cases(
        USAGE, None, ("plot",), ("plot", "a", "b", "c"), ("plot", "a", "--csv", "--json"), ("jobs", "--csv", "--json")
    ),
    # Comparisons.
    *of_jobs(BAD, ("compare", "1"), words=("99", "01", "@nonsense:last", "abc")),
    *cases(BAD, "at least two different jobs", ("compare", "1"), ("compare", "1", "1")),
    *cases(USAGE, "Give ", ("compare",), ("compare", "1", "--task", "x"), ("compare", "1", "2", "--csv", "--json")),
    *cases(BAD, "has the KPI", ("compare", "1", "2", "--kpi", "x"), ("compare", "1", "2", "--sort=-x")),
    *cases(BAD, "has no job of the task", ("compare", "--task", "coordinate_selecter")),
    *cases(BAD, "does not tell the format", ("compare", "1", "2", "-o", "{taken.zip}")),
    *cases(BAD, "is no report of ccp4hooks", ("compare", "1", "2", "-o", "{taken.html}")),
    *cases(BAD, "exists already", ("compare", "1", "2", "-o", "{taken.json}")),
    # Import.
    *cases(BAD, None, *(("import", f"{{{key}}}") for key in (*FILES, *ARCHIVES))),
    *cases(BAD, "no UUID", ("import", "{no_uuid.zip}")),
    *cases(BAD, "--name NEW", *(("import", f"{{{key}_name.zip}}") for key in ("no", "upward", "long"))),
    *cases(BAD, "ZIP|DIR", ("import", ""), ("import", " ")),
    *cases(BAD, "has this project already", ("import", "{own.zip}"), ("import", "{own.zip}", "--name", "q")),
    *cases(
        BAD,
        "name",
        *(("import", "{own.zip}", "--name", name) for name in ("", " ", "a/b", "..", "x" * 101, "a\x1b[31m", ".x")),
    ),
    # Files of parameters and tables.
    *cases(BAD, None, *((*RUN, "--params", f"{{{key}}}") for key in FILES)),
    *(one for name, (_, said) in PARAMETERS.items() for one in cases(BAD, said, (*RUN, "--params", f"{{{name}}}"))),
    *(
        one
        for name, (_, said) in TABLES.items()
        for one in cases(BAD, said, ("sweep", "coordinate_selector", "--table", f"{{{name}}}"))
    ),
    *cases(BAD, None, *(("sweep", "coordinate_selector", "--table", f"{{{key}}}") for key in FILES if key != "text")),
    *cases(BAD, "The value of -", (*RUN, "--params", ""), ("save-params", "1", "-o", ""), (*SWEEP, "--table", "")),
    *cases(
        BAD,
        "must end in .toml",
        ("save-params", "1", "-o", "x.yaml"),
        ("save-params", "1", "-o", "x"),
        ("save-params", "1", "-o", "{directory}"),
    ),
    *cases(
        BAD, None, ("save-params", "1", "-o", "/nowhere/x.toml"), ("save-params", "1", "-o", "{below_a_file}/x.toml")
    ),
    # Values.
    *cases(
        BAD, "a value is empty", *((*SWEEP, f"OVERRIDE_SUBTYPE={text}") for text in ("1,", ",1", ",", "1,,2", "1, ,2"))
    ),
    *cases(BAD, "there is no value", *((*SWEEP, f"OVERRIDE_SUBTYPE={text}") for text in ("", " "))),
    *cases(
        BAD, "quotation mark", (*SWEEP, 'XYZIN.selection.text="A'), ("sweep", "--from", "1", 'XYZIN.selection.text="')
    ),
    *cases(BAD, "OVERRIDE_SUBTYPE", *((*SWEEP, f"OVERRIDE_SUBTYPE={text}") for text in ("1:", "1:3", "x", "1;2", "9"))),
    *cases(
        BAD,
        "OVERRIDE_SUBTYPE",
        *(("rerun", "1", f"OVERRIDE_SUBTYPE={text}") for text in ("", "x", "1,2", "9", "1" * 400)),
    ),
    *cases(
        BAD,
        "Unknown parameter",
        ("rerun", "1", "NONSENSE=1"),
        ("sweep", "--from", "1", "NONSENSE=1,2"),
        (*SWEEP, "é=1"),
    ),
    *cases(
        BAD,
        "Unknown task",
        ("sweep", "nonsense", "A=1,2"),
        ("describe", "nonsense"),
        ("describe", "\x1b[31m"),
        ("describe", ".."),
    ),
    *cases(
        BAD,
        "has parameters of the task",
        ("run", "freerflag", "--from", "1"),
        ("sweep", "freerflag", "COMPLETE=True", "--from", "1"),
    ),
    *cases(USAGE, "There are no values", ("sweep", "coordinate_selector"), ("sweep", "--from", "1")),
    *cases(USAGE, "was given twice", (*SWEEP, "OVERRIDE_SUBTYPE=1", "OVERRIDE_SUBTYPE=2")),
    *cases(BAD, "at most 10000", (*SWEEP, "OVERRIDE_SUBTYPE=" + ",".join(map(str, range(10001))))),
    # Notes, titles and completion.
    *cases(USAGE, "Give the text of the note", ("note", "1"), ("note", "p"), ("note", "p", "--is-project")),
    *cases(BAD, "TEXT", ("note", "1", ""), ("note", "1", " ")),
    *cases(BAD, "Unknown job", ("note", "99", "x"), ("tag", "99", "x"), ("rename", "99", "x")),
    *cases(BAD, "title", ("rename", "1", ""), ("rename", "1", "a\nb"), ("rename", "1", "x" * 256)),
    *cases(USAGE, "shell", ("completion",), ("completion", "bash", "--refresh")),
]


DATABASE, RECORD = "DATABASE.db.xml", "ccp4hooks_project.json"


def make_files(folder, own, model):
    """Write the files of the requests into a directory, and return their paths by name.

    Args:
        folder: The directory.
        own: An archive of the project.
        model: A model.
    """
    contents = {
        "empty": b"",
        "text": b"Dear diary,\n",
        "binary": bytes(range(256)) * 40,
        "taken.zip": b"",
        "taken.html": b"",
        "taken.json": b"",
    }
    texts = {**PARAMETERS, **TABLES}
    contents |= {name: text.replace("{model}", str(model)).encode() for name, (text, _) in texts.items()}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    (folder / "directory").mkdir()
    (folder / "loop").symlink_to(folder / "loop")
    _archives(folder, own)
    paths = {path.name: path for path in folder.iterdir()}
    return paths | {
        "missing": folder / "missing",
        "below_a_file": folder / "text" / "x",
        "model": model,
        "own.zip": own,
    }


def _archives(folder, own):
    with zipfile.ZipFile(own) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist() if not info.is_dir()}
    record = json.loads(members[RECORD])
    name, uuid = record["name"].encode(), record["project"].replace("-", "").encode()
    xml = members[DATABASE]

    def write(target, *extra, **changed):
        content = {**members, **{{"xml": DATABASE, "record": RECORD}[key]: text for key, text in changed.items()}}
        with zipfile.ZipFile(folder / target, "w") as made:
            for member, text in [*content.items(), *extra]:
                if text is not None:
                    made.writestr(member, text)

    (folder / "not_whole.zip").write_bytes(own.read_bytes()[:-100])
    write("no_project.zip", xml=None)
    write("upwards.zip", ("../x", b""))
    write("absolute.zip", ("/x", b""))
    write("linked.zip", (linked("CCP4_JOBS/job_1/x"), b"/etc/passwd"))
    write("two_projects.zip", xml=xml.replace(b"</projectTable>", b"<project projectid='x'/></projectTable>"))
    write("no_uuid.zip", xml=xml.replace(uuid, b"nonsense"))
    write("no_xml.zip", xml=b"<a>")
    write("entities.zip", xml=b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    write("bad_record.zip", record=b"{")
    write("later_record.zip", record=json.dumps({**record, "format": 99}))
    write("other_record.zip", record=json.dumps({**record, "project": "nonsense"}))
    write("deep_record.zip", record=b"[" * 99999)
    for target, other in (("no_name", b""), ("upward_name", b"../x"), ("long_name", b"x" * 101)):
        new = xml.replace(b'projectname="' + name + b'"', b'projectname="' + other + b'"')
        write(f"{target}.zip", xml=new.replace(b"projectname='" + name + b"'", b"projectname='" + other + b"'"))
    write("twice.zip", ("DATABASE.db.xmL", xml))
    # The names in a zip file are not part of its checksums.
    content = (folder / "twice.zip").read_bytes()
    (folder / "twice.zip").write_bytes(content.replace(b"DATABASE.db.xmL", DATABASE.encode()))


def linked(name):
    info = zipfile.ZipInfo(name)
    info.external_attr = 0o120777 << 16
    return info
