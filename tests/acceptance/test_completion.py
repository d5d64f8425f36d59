"""Completion in real shells: in the line editors of bash and zsh, and by fish's own command."""

import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

KEYS = {
    "ccp4hooks desc\tfreerf\t": ["ccp4hooks", "describe", "freerflag"],
    "ccp4hooks run freerflag F_SI\tdata/na\t": ["ccp4hooks", "run", "freerflag", "F_SIGF=data/native.mtz"],
    "ccp4hooks run freerflag GEN\tCOM\t": ["ccp4hooks", "run", "freerflag", "GEN_MODE=COMPLETE"],
    "ccp4hooks show --project my\t": ["ccp4hooks", "show", "--project", "my proj"],
    "ccp4hooks show @la\t": ["ccp4hooks", "show", "@last"],
    "ccp4hooks run freerflag F_SIGF=@free\tX": ["ccp4hooks", "run", "freerflag", "F_SIGF=@freerflag:last.X"],
}
"""What a user types, with TAB, and the words of the line that come of it."""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A directory with a project, whose names have been read, and an environment with the command."""
    home = tmp_path_factory.mktemp("completion")
    (home / "projects" / "my proj" / "CCP4_JOBS" / "job_1").mkdir(parents=True)
    (home / "data").mkdir()
    (home / "data" / "native.mtz").touch()
    kept = {name: os.environ[name] for name in ("LANG", "PYTHONPATH", "TERM") if name in os.environ}
    environment = {
        **kept,
        "CCP4HOOKS_COMPLETION_REFRESH": "0",
        "CCP4HOOKS_PLUGINS": "no:database",
        "CCP4I2_HOME": str(home / "ccp4i2"),
        "CCP4I2_PROJECTS_DIR": str(home / "projects"),
        "HOME": str(home),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    code = (
        "from ccp4hooks.cli.completion_cache import Cache, refresh\n"
        "from ccp4hooks.cli.options import Choices\n"
        "from ccp4hooks import open_session\n"
        "session = open_session(Choices().settings())\n"
        "cache = Cache.of(Choices())\n"
        "for part in ('record:', 'task:freerflag'): refresh(cache, session, part)\n"
        "cache.write('record:', {**cache.record(''), 'jobs': {'1': 'freerflag FINISHED'}})\n"
        "cache.write('tasks', {'freerflag': 'Free R set', 'freerother': ''})\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=home, env=environment, check=True)
    for shell in ("bash", "zsh", "fish"):
        words = [Path(sys.executable).parent / "ccp4hooks", "completion", shell]
        done = subprocess.run(words, cwd=home, env=environment, check=True, capture_output=True)
        (home / f"script.{shell}").write_bytes(done.stdout)
    return home, environment


def require(shell):
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed; on Debian: apt-get install {shell}")


START = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "source ./script.bash\n"),
    "zsh": (["zsh", "-f", "-i"], "autoload -Uz compinit; compinit -D; source ./script.zsh\n"),
}


@pytest.mark.parametrize("shell", START)
def test_the_line_editor_of_a_shell_completes_words(site, shell):
    require(shell)
    home, environment = site
    words, first = START[shell]
    # Ctrl-A goes to the beginning of the line, where a command is inserted that writes its words.
    typed = first + "".join(f"{keys}\x01./note \n" for keys in KEYS) + "exit\n"
    (home / "note").write_text(f"#!{sys.executable}\nimport sys; open('seen', 'a').write(repr(sys.argv[1:]) + '\\n')\n")
    (home / "note").chmod(0o755)
    (home / "seen").unlink(missing_ok=True)
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        words, cwd=home, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as process:
        os.close(theirs)
        os.write(ours, typed.encode())
        shown = b""
        while True:
            try:
                piece = os.read(ours, 4096)
            except OSError:  # what Linux says at the end of a terminal
                break
            if not piece:
                break
            shown += piece
        process.wait()
    os.close(ours)
    assert (home / "seen").read_text().splitlines() == [repr(words) for words in KEYS.values()], shown.decode()


def test_bash_gets_the_words_by_a_function(site):
    home, environment = site
    line = "ccp4hooks run freer"
    code = (
        f"source ./script.bash; COMP_LINE={line!r}; COMP_POINT={len(line)}; _ccp4hooks_completion ccp4hooks; "
        'printf "%s\\n" "${COMPREPLY[@]}"; complete -p ccp4hooks'
    )
    done = subprocess.run(
        [shutil.which("bash"), "-c", code], cwd=home, env=environment, check=True, capture_output=True, text=True
    )
    assert done.stdout.splitlines() == [
        "freerflag",
        "freerother",
        "complete -o nosort -F _ccp4hooks_completion ccp4hooks",
    ]
    assert done.stderr == ""


def test_fish_completes_words(site):
    require("fish")
    home, environment = site
    lines = (
        "ccp4hooks describe freer",
        "ccp4hooks run freerflag F_SIGF=data/na",
        "ccp4hooks run freerflag GEN_MODE=COM",
        "ccp4hooks show --project my",
    )
    code = "source script.fish\n" + "".join(f'complete -C "{line}"\n' for line in lines)
    done = subprocess.run(
        [shutil.which("fish"), "--no-config", "-c", code],
        cwd=home,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    assert [line.partition("\t")[0] for line in done.stdout.splitlines()] == [
        "freerflag",
        "freerother",
        "F_SIGF=data/native.mtz",
        "GEN_MODE=COMPLETE",
        "my proj",
    ]
    assert done.stderr == ""
