"""Make texts from data safe to print."""

from __future__ import annotations

import re
from itertools import pairwise

CONTROL = "\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
"""Control characters (C0, DEL, C1), marks that change the direction of a text, separators of lines, and surrogates.

Source: Unicode 15.1, general categories Cc, Cs, Zl and Zp, and the property Bidi_Control.
"""

_CONTROL = re.compile(f"[{CONTROL}]")
_CONTROL_IN_LINES = re.compile(f"(?!\n)[{CONTROL}]")
# A password may contain an unescaped slash, question mark or @.
_LOGIN = re.compile(r"(?P<scheme>\w{1,40})://(?P<login>\S*)@")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SECRET_WORDS = frozenset(
    {"apikey", "credential", "credentials", "passphrase", "passwd", "password", "secret", "token"}
)
_QUERY = re.compile(r"(\w://[^\s?#]*)[?#]\S+")


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

    Only the user of a PostgreSQL database that is given without a password is shown.

    Args:
        text: A URL, or any text that contains some.

    >>> without_secrets("POST https://ada:secret@example.org/hook?token=1 failed")
    'POST https://***@example.org/hook?*** failed'
    """
    return _QUERY.sub(r"\1?***", _LOGIN.sub(_without_login, str(text)))


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
