"""The only definition of the values and texts that can be recorded."""

import enum
import math
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PurePosixPath

import numpy as np
import pytest

from ccp4hooks import Kpi
from ccp4hooks.model.plain import NotPlainError, plain_path, plain_text, plain_value, required_text, whole_number


class Level(enum.IntEnum):
    HIGH = 3


class Method(str, enum.Enum):
    SAD = "sad"


class Length(float):
    def __str__(self):
        raise RuntimeError("cannot be printed")


class Name(str):
    __slots__ = ()

    def __str__(self):
        return "another text"


TAKEN = [
    (np.float64(1.5), 1.5),
    (np.float32(0.5), 0.5),
    (np.float16(0.25), 0.25),
    (np.longdouble("1.5"), 1.5),
    (np.int64(-3), -3),
    (np.uint8(200), 200),
    (np.bool_(True), True),
    (np.str_("a"), "a"),
    (Level.HIGH, 3),
    (Method.SAD, "sad"),
    (Length(2.5), 2.5),
    (Name("own"), "own"),
    (Decimal("0.1"), 0.1),
    (Decimal("1.20"), 1.2),
    (Decimal(5), 5.0),
    (Decimal("0.10000000000000000001"), "0.10000000000000000001"),
    (Decimal("1E+999"), "1E+999"),
    (Fraction(1, 4), 0.25),
    (Fraction(1, 3), 1 / 3),
    (2**53, 2**53),
    (-(2**53), -(2**53)),
    (-0.0, -0.0),
    ("caf\udce9", "caf\\udce9"),
    ("a\0b", "ab"),
    ("\U0001d54f", "\U0001d54f"),
    (True, True),
]


@pytest.mark.parametrize(("given", "plain"), TAKEN, ids=lambda one: f"{type(one).__name__}")
def test_a_value_becomes_the_value_of_an_exact_type_that_it_stands_for(given, plain):
    found = plain_value(given)
    assert (type(found), repr(found)) == (type(plain), repr(plain))
    assert type(Kpi(key="k", value=given).plain().value) is type(plain)


NUMBER = "must be a number, a bool or a text, not"
REFUSED = [
    (2**53 + 1, "it has too many digits for the database, which keeps whole numbers up to 9007199254740992"),
    (np.uint64(2**64 - 1), "it has too many digits for the database"),
    (np.float64("nan"), "nan is not a finite number"),
    (-math.inf, "-inf is not a finite number"),
    (Decimal("NaN"), "NaN is not a finite number"),
    (Decimal("sNaN"), "sNaN is not a finite number"),
    (Decimal("-Infinity"), "-Infinity is not a finite number"),
    (Fraction(10**400), "it is too large for a floating-point number"),
    (np.datetime64("2026-01-02"), f"its value {NUMBER} datetime64"),
    (np.timedelta64(3, "s"), f"its value {NUMBER} timedelta64"),
    (np.array([1.0]), f"its value {NUMBER} ndarray"),
    (np.ma.masked, f"its value {NUMBER} MaskedConstant"),
    (np.complex128(1), f"its value {NUMBER} complex128"),
    (1j, f"its value {NUMBER} complex"),
    (b"x", f"its value {NUMBER} bytes"),
    (np.bytes_(b"x"), f"its value {NUMBER} bytes_"),
    (None, f"its value {NUMBER} NoneType"),
    ([1], f"its value {NUMBER} list"),
]


@pytest.mark.parametrize(("given", "why"), REFUSED, ids=lambda one: f"{type(one).__name__}")
def test_a_value_without_a_plain_form_is_refused_with_the_reason(given, why):
    with pytest.raises(NotPlainError) as caught:
        plain_value(given)
    assert str(caught.value).startswith(why)
    # Of a list, each value is a KPI.
    assert Kpi(key="k", value=[given]).fault().startswith(why)


def test_numpy_is_not_imported_for_other_values(tmp_path):
    import subprocess
    import sys

    code = "import sys; from ccp4hooks import Kpi; Kpi(key='k', value=1j).fault(); assert 'numpy' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("kpi", "why"),
    [
        (Kpi(key=b"k", value=1), "its key must be a text, not bytes"),
        (Kpi(key="\0", value=1), "its key has 0 characters; 1 to 50 are allowed"),
        (Kpi(key="\udce9" * 9, value=1), "its key has 54 characters; 1 to 50 are allowed"),
        (Kpi(key="k", value="\udce9" * 50), "its text has 300 characters; at most 255 are allowed"),
        (Kpi(key="k", value=1, unit=5), "its unit must be a text, not int"),
        (Kpi(key="k", value=1, description=[]), "its description must be a text, not list"),
        (Kpi(key="k", value=1, indicator=b""), "its indicator must be a text, not bytes"),
    ],
)
def test_every_field_of_a_kpi_is_checked(kpi, why):
    assert kpi.fault() == why


def test_a_plain_kpi_has_exact_texts_and_no_field_of_a_subclass():
    class Own(Kpi):
        pass

    plain = Own(key=Name("k"), value=1, unit=None, description="caf\udce9\0", indicator=np.str_("x")).plain()
    assert plain == Kpi(key="k", value=1, unit="", description="caf\\udce9", indicator="x")
    assert {type(one) for one in (plain.key, plain.indicator)} == {str}
    assert type(plain) is Kpi


def test_a_text_is_cut_at_its_limit():
    assert plain_text("x" * 11, 10) == "xxxxxxx..."
    assert plain_text("x" * 10, 10) == "x" * 10
    assert required_text("cure", None) == ""


def test_a_path_may_be_given_as_a_text_and_has_no_nul():
    assert plain_path("/a") == plain_path(PurePosixPath("/a")) == Path("/a")
    assert plain_path(Path("/caf\udce9")) == Path("/caf\udce9")
    for given, why in (("/a\0", "has a NUL character"), (b"/a", "must be a path, not bytes")):
        with pytest.raises(NotPlainError, match=why):
            plain_path(given)


@pytest.mark.parametrize("given", [np.int64(2), 2, np.uint8(2)])
def test_a_code_of_ccp4i2_is_a_whole_number(given):
    assert type(whole_number("content_flag", given)) is int
    for other in (2.0, "2", None):
        with pytest.raises(NotPlainError, match="content_flag"):
            whole_number("content_flag", other)
