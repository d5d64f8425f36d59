"""Compare the rows and columns of two sides."""

from dataclasses import dataclass

WHOLE_ROW = "(row)"
MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One value that differs between two sides.

    Attributes:
        table: Of the six.
        row: What the row is called by.
        column: Its column, `WHOLE_ROW` where one side lacks the row.
        theirs: CCP4i2's value, as text.
        ours: Ours, as text.
    """

    table: str
    row: str
    column: str
    theirs: str
    ours: str

    def __str__(self):
        return f"{self.table} [{self.row}] {self.column}: ccp4i2 has {self.theirs}, ccp4hooks {self.ours}"


def differences(theirs, ours):
    """Return all differences between the tables of two sides, as `rows.read` gives them."""
    return [
        difference
        for table, rows in theirs.items()
        for row in sorted(rows | ours[table])
        for difference in _of_row(table, row, rows.get(row), ours[table].get(row))
    ]


def _of_row(table, row, theirs, ours):
    if theirs is None or ours is None:
        return [_difference(table, row, WHOLE_ROW, _whole(theirs), _whole(ours))]
    return [
        _difference(table, row, column, _text(value), _text(ours[column]))
        for column, value in theirs.items()
        if value != ours[column]
    ]


def _difference(table, row, column, theirs, ours):
    return Difference(table=table, row=row, column=column, theirs=theirs, ours=ours)


def _whole(values):
    return MISSING if values is None else ", ".join(f"{column}={_text(value)}" for column, value in values.items())


def _text(value):
    return "NULL" if value is None else str(value)
