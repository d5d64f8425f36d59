"""Complete the words of a command line in bash, zsh and fish: click's shell completion, with the names of this project.

A completer is called with the context, the parameter, and the incomplete word, and returns what the word may become.
Nothing here may be slow or write to the terminal: the names come from `ccp4hooks.cli.completion_cache`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from click.shell_completion import BashComplete, CompletionItem, FishComplete, ShellComplete, ZshComplete
from click.shell_completion import split_arg_string as split

from ccp4hooks.cli.completion_cache import Cache
from ccp4hooks.cli.options import Choices
from ccp4hooks.cli.subjects import names_a_job
from ccp4hooks.failures import attempt
from ccp4hooks.model.numbers import TRASH_FOLDER

if TYPE_CHECKING:
    import click

Item = CompletionItem[str]

OPEN = "open"
"""Type of an item that is not complete: no space follows."""

FILE = "file"
"""Type of an item that stands for the files of the directory that the incomplete word names."""


# --- completers ---------------------------------------------------------------------------------------------------


def tasks(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[Item]:
    """Complete the name of a task, or a value if the task is that of a job (``--from``)."""
    if context.params.get("source"):
        return values(context, parameter, incomplete)
    return _items(_cache(context).tasks(), incomplete)


def projects(context: click.Context, _: click.Parameter, incomplete: str) -> list[Item]:
    """Complete the name of a project."""
    return _items(_record(context)["projects"], incomplete)


def jobs(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[Item]:
    """Complete the number of a job, newest first, or ``@last``; several jobs of a command are different ones."""
    given = context.params.get(parameter.name or "") or ()
    known = _jobs(context)
    words = _latest(known) if incomplete.startswith("@") else known
    return [item for item in _items(words, incomplete) if item.value not in given]


def top_jobs(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[Item]:
    """Complete the number of a job that is not a sub-job."""
    return [item for item in jobs(context, parameter, incomplete) if "." not in item.value]


def trashed(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[Item]:
    """Complete the number of a job in the trash."""
    given = context.params.get(parameter.name or "") or ()
    folder = Path(_record(context)["directory"] or os.devnull) / TRASH_FOLDER
    found = attempt(os.listdir, folder)
    names = found if isinstance(found, list) else []
    numbers = sorted(int(match[1]) for match in map(re.compile(r"job_(\d+)\..+").fullmatch, names) if match)
    return [item for item in _items({str(number): "" for number in numbers}, incomplete) if item.value not in given]


def purgeable(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[Item]:
    """Complete the name of a project, or the number of a job in its trash."""
    return [*trashed(context, parameter, incomplete), *projects(context, parameter, incomplete)]


def subjects(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[Item]:
    """Complete the number of a job or the name of a project."""
    return [*jobs(context, parameter, incomplete), *projects(context, parameter, incomplete)]


def tags(context: click.Context, _: click.Parameter, incomplete: str) -> list[Item]:
    """Complete a tag: of a project where the command is about projects or names one, else of a job."""
    record = _record(context)
    subject = str(context.params.get("subject") or "")
    is_project = context.params.get("is_project") or (subject in record["projects"] and not names_a_job(subject))
    kind = "project_tags" if is_project or context.info_name == "projects" else "tags"
    return _items(dict.fromkeys(record[kind], ""), incomplete)


def kpi_conditions(context: click.Context, _: click.Parameter, incomplete: str) -> list[Item]:
    """Complete the key at the beginning of a condition on a KPI."""
    return _items(_record(context)["kpis"], incomplete, kind=OPEN)


def kpis(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[Item]:
    """Complete the key of a KPI; several of a command are different ones."""
    given = context.params.get(parameter.name or "") or ()
    return [item for item in _items(_record(context)["kpis"], incomplete) if item.value not in given]


def project_and_kpis(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[Item]:
    """Complete the name of a project, and after it keys of KPIs."""
    words: tuple[str, ...] = context.params.get(parameter.name or "") or ()
    project = context.params.get("project") or next(iter(words), "")
    if not project:
        return projects(context, parameter, incomplete)
    return _items(_cache(context).record(project)["kpis"], incomplete)


def orders(context: click.Context, _: click.Parameter, incomplete: str) -> list[Item]:
    """Complete what jobs can be sorted by."""
    from ccp4hooks.model.queries import ORDERS

    return _items({**dict.fromkeys(ORDERS, ""), **_record(context)["kpis"]}, incomplete)


def statuses(_: click.Context, __: click.Parameter, incomplete: str) -> list[Item]:
    """Complete the name of a status."""
    from ccp4hooks.model import JobStatus

    wanted = incomplete.upper()
    return [CompletionItem(name) for name in JobStatus.__members__ if name.startswith(wanted)]


def cleaning_contexts(_: click.Context, __: click.Parameter, incomplete: str) -> list[Item]:
    """Complete what `ccp4hooks clean` removes."""
    from ccp4hooks.cli.deleting import CONTEXTS

    return _items(dict.fromkeys(CONTEXTS, ""), incomplete)


def plugins(context: click.Context, _: click.Parameter, incomplete: str) -> list[Item]:
    """Complete the name of a plugin, or of one to disable: ``no:NAME``."""
    known = _record(context)["plugins"]
    switches = {f"no:{name}": text for name, text in known.items()}
    return _items(switches if incomplete.startswith("no:") else known, incomplete)


def doc_pages(context: click.Context, _: click.Parameter, incomplete: str) -> list[Item]:
    """Complete the name of a page of the documentation, but no word to search for."""
    if context.params.get("is_search") or context.params.get("words"):
        return []
    from ccp4hooks.cli.doc_pages import pages

    return _items({page.name: page.title for page in pages()}, incomplete)


def plugin_names(context: click.Context, _: click.Parameter, incomplete: str) -> list[Item]:
    """Complete the name of a plugin."""
    return _items(_record(context)["plugins"], incomplete)


def values(context: click.Context, _: click.Parameter, incomplete: str) -> list[Item]:
    """Complete ``NAME=VALUE``: the names of the parameters of a task, and then what their values can be."""
    known = _cache(context).parameters(_task(context))
    name, equals, value = incomplete.partition("=")
    if not equals:
        # Groups have hundreds of parameters: they are shown when the name of the group is typed.
        shown = [one for one in known if name or not one["inside"]]
        return _items({f"{one['name']}=": one["help"] for one in shown}, incomplete, kind=OPEN)
    found = next((one for one in known if one["name"] == name), None)
    if value.startswith("@"):
        record = _jobs(context)
        words = {**{f"@{number}": text for number, text in record.items()}, **_latest(record)}
        return _items({f"{name}={word}.": text for word, text in words.items()}, incomplete, kind=OPEN)
    if found is None or found["file"]:
        return [CompletionItem(value, type=FILE)]
    allowed = found["allowed"] or filter(None, [found["default"]])
    return _items({f"{name}={one}": "default" if one == found["default"] else "" for one in allowed}, incomplete)


Completer = Callable[["click.Context", "click.Parameter", str], list[Item]]

COMPLETERS: Mapping[str, Completer] = {
    "along": jobs,
    "clean context": cleaning_contexts,
    "clean words": subjects,
    "compare kpis": kpis,
    "compare sort": kpis,
    "delete jobs": top_jobs,
    "docs words": doc_pages,
    "job": jobs,
    "jobs": jobs,
    "kpis": kpi_conditions,
    "kpis words": project_and_kpis,
    "named": projects,
    "plot keys": kpis,
    "plugins": plugins,
    "plugins name": plugin_names,
    "project": projects,
    "projects name": projects,
    "purge words": purgeable,
    "restore jobs": trashed,
    "sort": orders,
    "source": jobs,
    "status": statuses,
    "subject": subjects,
    "tags": tags,
    "task": tasks,
    "values": values,
    "verify words": subjects,
    "which": subjects,
}
"""What completes a parameter of a command, by the name of the parameter, or by the names of command and parameter."""


def attach(name: str, command: click.Command) -> None:
    """Make the parameters of a command complete with the names of this project, those of its subcommands, too.

    Args:
        name: Name of the command.
        command: The command.
    """
    below = vars(command).get("commands", {})
    for one in (command, *below.values()):
        for parameter in one.params:
            completer = COMPLETERS.get(f"{name} {parameter.name}") or COMPLETERS.get(parameter.name or "")
            if completer is not None:
                vars(parameter)["shell_complete"] = _of_parameter(parameter, completer)


def _of_parameter(parameter: click.Parameter, completer: Completer) -> Callable[[click.Context, str], list[Item]]:
    return lambda ctx, incomplete: completer(ctx, parameter, incomplete)


def _items(words: Mapping[str, str], incomplete: str, kind: str = "plain") -> list[Item]:
    """Return the words that begin with the incomplete one, in their order; if there are none, whatever the case."""
    found = [word for word in words if word.startswith(incomplete)]
    folded = incomplete.casefold()
    found = found or [word for word in words if word.casefold().startswith(folded)]
    return [CompletionItem(word, type=kind, help=words[word] or None) for word in found if word.isprintable()]


def _cache(context: click.Context) -> Cache:
    """Return the cache for the shared options before and after the subcommand."""
    choices = Choices()
    inner: click.Context | None = context
    while inner is not None:
        given = inner.params
        own = Choices.of(
            no_autoload=bool(given.get("no_autoload")),
            database=given.get("database"),
            projects_dir=given.get("projects_dir"),
            plugins=tuple(given.get("plugins") or ()),
            config=given.get("config"),
        )
        choices, inner = choices.over(own), inner.parent
    return Cache.of(choices)


def _record(context: click.Context) -> Mapping[str, Any]:
    project = context.params.get("project") or context.params.get("named") or ""
    return _cache(context).record(str(project))


def _jobs(context: click.Context) -> dict[str, str]:
    """Return the jobs of a project, newest first: those of the cache, after those that have a directory since then."""
    record = _record(context)
    known: dict[str, str] = record["jobs"]
    last = max((int(number.partition(".")[0]) for number in known), default=0)
    folder = Path(record["directory"] or os.devnull)
    found = attempt(os.listdir, folder)
    names = found if isinstance(found, list) else []
    numbers = sorted((int(match[1]) for match in map(re.compile(r"job_(\d+)").fullmatch, names) if match), reverse=True)
    return {**{str(number): "" for number in numbers if number > last}, **known}


def _latest(jobs: Mapping[str, str]) -> dict[str, str]:
    """Return ``@last`` and ``@TASK:last`` with what is known of the jobs that they name."""
    found: dict[str, str] = {}
    for number, text in jobs.items():
        if "." not in number and text:
            found.setdefault("@last", text)
            found.setdefault(f"@{text.partition(' ')[0]}:last", text)
    return found


def _task(context: click.Context) -> str:
    """Return the task of a command: the one that is given, or that of the job that is run again."""
    given = context.params
    job = str(given.get("source") or given.get("job") or "")
    if not job:
        return str(given.get("task") or "")
    known = _jobs(context)
    return (_latest(known).get(job) or known.get(job, "")).partition(" ")[0]


# --- shells -------------------------------------------------------------------------------------------------------

_BASH = """\
%(complete_func)s() {
    local response type value
    response=$(env COMP_WORDS="${COMP_LINE:0:COMP_POINT}" COMP_BREAKS="$COMP_WORDBREAKS" \\
        %(complete_var)s=bash_complete "$1" 2>/dev/null)
    COMPREPLY=()
    while IFS=, read -r type value; do
        case $type in
            plain) COMPREPLY+=("$value") ;;
            open) COMPREPLY+=("$value"); compopt -o nospace ;;
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
        esac
    done <<< "$response"
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""

_ZSH = """\
#compdef %(prog_name)s

%(complete_func)s() {
    local -a response plain described open open_described
    local type key help
    (( $+commands[%(prog_name)s] )) || return 1
    response=("${(@f)$(env COMP_WORDS="${(j: :)words[1,CURRENT]}" COMP_CWORD=$((CURRENT-1)) \\
        %(complete_var)s=zsh_complete %(prog_name)s 2>/dev/null)}")
    for type key help in "${response[@]}"; do
        case $type-$help in
            plain-_) plain+=("$key") ;;
            plain-*) described+=("$key:$help") ;;
            open-_) open+=("$key") ;;
            open-*) open_described+=("$key:$help") ;;
            dir-*) _path_files -/ ;;
            file-*) compset -P '*='; _path_files -f ;;
        esac
    done
    (( $#described )) && _describe -V unsorted described -U
    (( $#plain )) && compadd -U -V unsorted -a plain
    (( $#open_described )) && _describe -V unsorted open_described -U -S ''
    (( $#open )) && compadd -U -V unsorted -S '' -a open
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    compdef %(complete_func)s %(prog_name)s
fi
"""

_FISH = """\
function %(complete_func)s
    set -l response (env %(complete_var)s=fish_complete COMP_WORDS=(commandline -cp | string collect) \\
        COMP_CWORD=(commandline -ct | string collect) %(prog_name)s 2>/dev/null)
    for completion in $response
        set -l item (string split -m 1 "," -- $completion)
        switch $item[1]
            case dir
                __fish_complete_directories $item[2]
            case file
                set -l name (string match -r '^[^=]*=' -- (commandline -ct))
                for path in (__fish_complete_path $item[2])
                    echo $name$path
                end
            case plain open
                echo $item[2]
        end
    end
end

complete --no-files --keep-order --command %(prog_name)s --arguments "(%(complete_func)s)"
"""


class Whole(ShellComplete):
    """Completion of whole words: click returns the value of ``--option=VALUE`` alone."""

    def get_completions(self, args: list[str], incomplete: str) -> list[Item]:
        """Return what the incomplete word may become."""
        option, equals, _ = incomplete.partition("=") if incomplete.startswith("-") else ("", "", "")
        found = super().get_completions(args, incomplete)
        for item in found if equals else ():
            if item.type in {"plain", OPEN}:
                item.value = f"{option}={item.value}"
        return found


class Bash(Whole, BashComplete):
    """Completion in bash, which divides words at ``=`` and ``:``, and inserts what it gets as it is."""

    source_template = _BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the complete words after the command, and the incomplete one."""
        line = os.environ["COMP_WORDS"]
        words = split(line)
        ended = not line or (line[-1].isspace() and not line.endswith("\\ "))
        return (words[1:], "") if ended else (words[1:-1], words[-1])

    def get_completions(self, args: list[str], incomplete: str) -> list[Item]:
        """Return the items, from the last character on at which bash divides the incomplete word."""
        breaks = [at for at, letter in enumerate(incomplete) if letter in os.environ.get("COMP_BREAKS", "") + "="]
        start = max(breaks, default=-1) + 1
        # Readline divides a word before an @ at which it completes the names of hosts, and keeps the @ in the word.
        start -= incomplete[start - 1 : start] == "@"
        typed = os.environ["COMP_WORDS"].split(maxsplit=1)[-1]
        quoted = typed.count("'") % 2 or typed.count('"') % 2
        found = super().get_completions(args, incomplete)
        for item in found:
            if item.type in {"plain", OPEN}:
                item.value = item.value[start:] if quoted else _quoted(item.value[start:])
        return found


def _quoted(word: str) -> str:
    r"""Return a word with a backslash before each character that the shell would take as its own.

    >>> _quoted("a b=(1)")
    'a\\ b=\\(1\\)'
    """
    return re.sub(r"([^\w@%+=:,./~-])", r"\\\1", word)


class Zsh(Whole, ZshComplete):
    """Completion in zsh."""

    source_template = _ZSH


class Fish(Whole, FishComplete):
    """Completion in fish."""

    source_template = _FISH


SHELLS: Mapping[str, type[ShellComplete]] = {"bash": Bash, "zsh": Zsh, "fish": Fish}
"""The shells in which words are completed."""

VARIABLE = "_CCP4HOOKS_COMPLETE"
"""The environment variable by which the script of a shell asks for words: ``bash_complete``."""

PROGRAM = "ccp4hooks"
"""The name of the command, for which a shell asks."""


def script(group: click.Command, shell: str) -> str:
    """Return the script that makes a shell complete the command.

    Args:
        group: The command.
        shell: A key of `SHELLS`.
    """
    # Not `source`, which starts bash to find its version.
    return ShellComplete.source(SHELLS[shell](group, {}, PROGRAM, VARIABLE))


def answer(group: click.Command, request: str) -> str:
    """Return what a shell asks for, one item a line; nothing if anything is wrong.

    Args:
        group: The command.
        request: The value of the environment variable.
    """
    kind = SHELLS.get(request.partition("_")[0])
    attach("", group)
    found = attempt(kind(group, {}, PROGRAM, VARIABLE).complete) if kind else ""
    return found if isinstance(found, str) else ""
