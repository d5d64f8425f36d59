"""Texts for people: those from data, made safe to print, and numbers, times and sizes."""

from __future__ import annotations

import re
import shlex
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

CONTROL = "\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
"""Control characters (C0, DEL, C1), marks that change the direction of a text, separators of lines, and surrogates.

Source: Unicode 15.1, general categories Cc, Cs, Zl and Zp, and the property Bidi_Control.
"""

_CONTROL = re.compile(f"[{CONTROL}]")
_CONTROL_IN_LINES = re.compile(f"(?!\n)[{CONTROL}]")
# A password may contain an unescaped slash, question mark or @.
_LOGIN = re.compile(r"(?P<scheme>\w{1,40})://(?P<login>\S*)@")
_WORD = re.compile(r"\S+")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SECRET_WORDS = frozenset(
    {"apikey", "credential", "credentials", "passphrase", "passwd", "password", "secret", "token"}
)
# The directory of the socket of a PostgreSQL server is no secret.
# It begins where a part of a word does, so that a part is read once, however often it has "://".
_QUERY = re.compile(r"(?<![^\s?#])(?=[^\s?#]*\w://)([^\s?#]*)[?#](?!host=/[\w%./~-]*[:;,)'\"`]*(?:\s|$))\S+")


def printable(text: object, *, lines: bool = False) -> str:
    r"""Return a text in which each character that could control a terminal is written as an escape sequence of Python.

    Args:
        text: The text, or an object with one.
        lines: Whether line breaks are kept.

    >>> printable("A\x1b[31m\nB")
    'A\\x1b[31m\\nB'
    """
    text = str(text)
    if text.isprintable():
        return text
    return (_CONTROL_IN_LINES if lines else _CONTROL).sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    # Unlike `repr`, this leaves quotes and backslashes alone.
    return match[0].encode("unicode_escape", "backslashreplace").decode("ascii")


LONGEST_NAME = 1_000
"""Length of the longest word of a message [characters]. Paths that people use are shorter."""

_LONG_WORD = re.compile(rf"\S{{{LONGEST_NAME + 1},}}")


def shortened(text: str) -> str:
    """Return a message in which each word that nobody can read is cut, such as the name of a file with 5,000 letters.

    >>> len(shortened(f"Unknown task {'x' * 5000!r}."))
    266
    """
    return _LONG_WORD.sub(lambda word: f"{word[0][:200]}...{word[0][-50:]}", text)


def without_secrets(text: object) -> str:
    """Return a text in which no URL has a password, a token, a query or a fragment.

    Only the user of a PostgreSQL database that is given without a password is shown, and the directory of its socket.

    Args:
        text: A URL, or any text that contains some.

    >>> without_secrets("POST https://ada:secret@example.org/hook?token=1 failed")
    'POST https://***@example.org/hook?*** failed'
    >>> without_secrets("postgresql://ada@:5432/i2?host=/run, postgresql://ada@/i2?host=/run&password=secret")
    'postgresql://ada@:5432/i2?host=/run, postgresql://ada@/i2?***'
    """
    return _QUERY.sub(r"\1?***", _WORD.sub(_without_logins, str(text)))


def _without_logins(match: re.Match[str]) -> str:
    # What follows the last @ has no login, and would be read again from each "://".
    word = match[0]
    end = word.rfind("@") + 1
    return _LOGIN.sub(_without_login, word[:end]) + word[end:] if end else word


def _without_login(match: re.Match[str]) -> str:
    scheme, login = match["scheme"], match["login"]
    # The second is the placeholder in the help on URLs.
    harmless = (scheme.startswith("postgres") and ":" not in login) or login == "user:password"
    return match[0] if harmless else f"{scheme}://***@"


def names_a_secret(name: str) -> bool:
    """Return whether the value of a parameter is a secret according to its name, such as a password or a token.

    >>> names_a_secret("FTP_PASSWORD"), names_a_secret("inputData.accessToken"), names_a_secret("TOKENIZE")
    (True, True, False)
    """
    words = [word.lower() for word in _WORDS.findall(name)]
    return any(word in _SECRET_WORDS for word in words) or ("api", "key") in pairwise(words)


WIDEST_NUMBER = 1e9
"""Size of the numbers that are shown with six significant digits, however many decimals are asked for."""


def kpi_text(value: float | str, decimals: int | None = None) -> str:
    """Return a KPI value as text.

    >>> kpi_text(0.1 + 0.2), kpi_text(277), kpi_text(True)
    ('0.3', '277', 'True')
    >>> kpi_text(0.255522, 4), kpi_text(0.00001234, 4), kpi_text(277, 4)
    ('0.2555', '1.234e-05', '277')

    Args:
        value: The value.
        decimals: Number of digits after the decimal point of a floating-point number; None for six significant digits.
            A number that would become 0 or very long has six significant digits, too.
    """
    if not isinstance(value, float):
        return str(value)
    if decimals is None or abs(value) >= WIDEST_NUMBER or (value and not round(value, decimals)):
        return f"{value:.6g}"
    return f"{value:.{decimals}f}"


def progress_text(value: float) -> str:
    """Return a value that a running program has reported, which is a float even if the program counts something.

    >>> progress_text(0.25), progress_text(155.0), progress_text(2e12)
    ('0.2500', '155', '2.000e+12')

    Args:
        value: The value. It is shown with four significant digits, or as it is if it is a whole number.
    """
    return f"{value:.0f}" if value.is_integer() and abs(value) < WIDEST_NUMBER else f"{value:#.4g}"


MINUTE_S = 60


def time_text(time: datetime, *, seconds: bool = False) -> str:
    """Return a time for people, in the zone of this machine, to the minute or to the second."""
    return time.astimezone().strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def zone_of(times: Iterable[datetime]) -> str:
    """Return the name of the zone of this machine at some times; two names if summer time begins or ends between."""
    return "/".join(dict.fromkeys(str(time.astimezone().tzname()) for time in times))


def duration_text(duration_s: float | None) -> str:
    """Return a duration for people, empty if it is not known.

    >>> duration_text(0.052), duration_text(75), duration_text(3.5 * 3600), duration_text(None)
    ('0.05 s', '1 min 15 s', '3 h 30 min', '')
    """
    if duration_s is None:
        return ""
    if duration_s < MINUTE_S:
        return f"{duration_s:.2f} s"
    minutes, seconds = divmod(round(duration_s), MINUTE_S)
    hours, minutes = divmod(minutes, MINUTE_S)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"


def size_text(size_bytes: int) -> str:
    """Return a size for people, in powers of 1000.

    >>> size_text(999), size_text(1500), size_text(2_340_000_000)
    ('999 bytes', '1.5 kB', '2.3 GB')
    """
    from rich.filesize import decimal  # noqa: PLC0415 - start-up time

    return decimal(size_bytes)


def job_command(command: str, *words: str, project: str) -> str:
    """Return a command of ccp4hooks about jobs, as it can be typed whatever the settings are, in backquotes.

    >>> job_command("show", "3", "--all", project="toxd 2")
    "`ccp4hooks show 3 --all --project 'toxd 2'`"

    Args:
        command: The command.
        words: The numbers of the jobs, and options without the project.
        project: Name of the project.
    """
    return f"`{shlex.join(('ccp4hooks', command, *words, '--project', project))}`"


def counted(number: int, what: str) -> str:
    """Return a number with what it counts.

    >>> counted(1, "file"), counted(2, "file")
    ('1 file', '2 files')
    """
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def counted_jobs(tops: int, sub_jobs: int) -> str:
    """Return a number of jobs, and that of their sub-jobs if they have any.

    >>> counted_jobs(1, 0), counted_jobs(2, 1)
    ('1 job', '2 jobs and 1 sub-job')
    """
    return " and ".join([counted(tops, "job"), *([counted(sub_jobs, "sub-job")] if sub_jobs else [])])


def csv_text(columns: Iterable[object], rows: Iterable[Iterable[object]]) -> str:
    r"""Return a table as comma-separated values. Control characters are escaped, and None is an empty cell.

    >>> csv_text(["job", "title"], [[1, "a,\nb"], [2, None]])
    'job,title\n1,"a,\\nb"\n2,\n'
    """
    import csv  # noqa: PLC0415 - start-up time
    import io  # noqa: PLC0415 - start-up time

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([printable(name) for name in columns])
    writer.writerows(["" if cell is None else printable(cell) for cell in row] for row in rows)
    return text.getvalue()
