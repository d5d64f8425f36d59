"""The jobs of a sweep: one for each row of a table and each combination of values."""

from __future__ import annotations

import csv
import io
import math
from itertools import product
from typing import TYPE_CHECKING, TypeAlias

from ccp4hooks.errors import BadInputError
from ccp4hooks.texts import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

Row: TypeAlias = tuple[tuple[str, object], ...]
"""The (parameter, value) pairs of one job."""

MOST_ROWS = 10_000
"""Largest number of jobs of a sweep."""

LARGEST_TABLE = 2**26
"""Size of the largest table [byte]."""


def split_values(text: str) -> list[str]:
    """Return the values that commas separate. Commas in brackets, which select columns, and in quotation marks do not.

    >>> split_values('0.1,0.2'), split_values('a.mtz[F,SIGF],b.mtz'), split_values('"GASV, MAM",""')
    (['0.1', '0.2'], ['a.mtz[F,SIGF]', 'b.mtz'], ['GASV, MAM', ''])

    Raises:
        BadInputError: A quotation mark is not closed, or a value is empty without being in quotation marks.
    """
    parts, depth, quoted = [""], 0, False
    for character in text:
        if character == "," and not quoted and not depth:
            parts.append("")
            continue
        quoted ^= character == '"'
        depth += 0 if quoted else {"[": 1, "]": -1 if depth else 0}.get(character, 0)
        parts[-1] += character
    if quoted:
        raise BadInputError(f"{printable(text)}: a quotation mark is not closed. Close it, or leave it out.")
    if not all(map(str.strip, parts)):
        what = "a value is empty" if len(parts) > 1 else "there is no value"
        raise BadInputError(
            f"{printable(text)}: {what}. Separate values by one comma, without spaces. Write an empty text as '\"\"'."
        )
    return [part.replace('"', "") for part in parts]


def read_table(path: Path) -> list[dict[str, str]]:
    """Read a table with a line of parameter names, and a line of values for each job; an empty value is not given.

    Args:
        path: A file with comma-separated values, encoded as UTF-8.

    Raises:
        BadInputError: The file cannot be read, has no rows, or a line has another number of values than the first.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST_TABLE + 1)
        if len(content) > LARGEST_TABLE:
            raise BadInputError(f"{path} is larger than {LARGEST_TABLE} bytes, the limit.")
        reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        lines = [(reader.line_num, [cell.strip() for cell in line]) for line in reader if any(map(str.strip, line))]
    except UnicodeDecodeError as error:
        raise BadInputError(f"{path} is not encoded as UTF-8: {error}. Save it as UTF-8.") from error
    except csv.Error as error:
        raise BadInputError(f"{path} is not a table of comma-separated values: {error}. Correct the file.") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise BadInputError(f"{path} cannot be read: {reason}. Give a file with comma-separated values.") from error
    if len(lines) < 2:  # noqa: PLR2004 - the names, and a row
        raise BadInputError(f"{path} has no rows. Write a line of parameter names, and a line of values for each job.")
    (_, names), *rows = lines
    if "" in names or len({*names}) < len(names):
        odd = next((name for name in names if names.count(name) > 1), "")
        why = f"the column {odd!r} occurs twice" if odd else "a column has no name"
        raise BadInputError(f"{path}: {why}. The first line has the name of a parameter for each column.")
    for number, row in rows:
        if len(row) != len(names):
            raise BadInputError(
                f"{path}, line {number}: there are {len(row)} values for {len(names)} columns. Put a value with a "
                "comma into quotation marks."
            )
    return [{name: cell for name, cell in zip(names, row, strict=True) if cell} for _, row in rows]


def sweep_rows(values: Mapping[str, Sequence[object]], table: Iterable[Mapping[str, object]] = ()) -> list[Row]:
    """Return the values of each job: those of each row of a table with each combination of the other values.

    The last values change fastest. A row that occurs twice is returned once.

    >>> sweep_rows({"A": [1, 2], "B": ["x"]}, [{"C": 5}])
    [(('C', 5), ('A', 1), ('B', 'x')), (('C', 5), ('A', 2), ('B', 'x'))]

    Args:
        values: The values by parameter.
        table: The values by parameter, for each row.

    Raises:
        BadInputError: There is nothing to vary, a parameter has no value, is in the table as well, or there are too
            many jobs.
    """
    table = list(table)
    if not values and not table:
        raise BadInputError("The sweep has no values. Give those of a parameter, or a table.")
    rows = [tuple(row.items()) for row in table] or [()]
    empty = next((name for name, several in values.items() if not len(several)), None)
    if empty is not None:
        raise BadInputError(f"{empty} has no value. Give at least one.")
    double = next((name for row in rows for name, _ in row if name in values), None)
    if double is not None:
        raise BadInputError(f"{double} is a column of the table, and was given as well. Give it once.")
    count = len(rows) * math.prod(map(len, values.values()))
    if count > MOST_ROWS:
        raise BadInputError(f"The sweep has {count} jobs; at most {MOST_ROWS} are allowed. Give fewer values.")
    combinations = list(product(*([(name, one) for one in several] for name, several in values.items())))
    return list(dict.fromkeys((*row, *combination) for row in rows for combination in combinations))
