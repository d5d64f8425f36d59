"""What the data classes of a plugin must do."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from shutil import copyfile
from typing import TYPE_CHECKING, Any

import pytest

from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import containers, introspection
from ccp4hooks.i2.simple_values import SIMPLE_TYPES
from ccp4hooks.i2.tasks.task_data_types import FAULTS_OF_READERS
from ccp4hooks.tasks.data_types import data_class
from ccp4hooks.testing.contracts.base import CONTENTS, Contract, answers
from ccp4hooks.testing.kit import snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from ccp4hooks.model import DataType
    from ccp4hooks.session import Session

    OpenSession = Callable[..., Session]

NOISE = bytes(range(256)) * 8
"""A content that is of no type."""

PROSE = "Dear colleague,\n\nthe soup is served at noon, and the bread is on the table.\nKind regards\n"

JSON = '{"kind": "menu", "dishes": ["soup", "bread"], "price": {"value": 4.5, "currency": "EUR"}, "vegan": null}\n'

FORMS: Mapping[str, Callable[[bytes], bytes | None]] = {
    "whole": CONTENTS["whole"],
    "cut in half": CONTENTS["cut in half"],
    "cut in its header": CONTENTS["cut in its header"],
    "noise": lambda _: NOISE,
    "prose": lambda _: PROSE.encode(),
    "other JSON": lambda _: JSON.encode(),
}
"""How to change the content of a sample file, by the form that it has in a test. A reader is given no empty file."""

FOREIGN = {
    "noise": "a file of arbitrary bytes",
    "prose": "a letter in English",
    "other JSON": "a JSON file of another kind",
}
"""The forms that no reader of a format of its own accepts, and what they are."""

TEXTS = ("prose", "other JSON")
"""The forms that a reader of free text accepts."""

NUMBERS_FROM = {"CONTENT_FLAG_": 1, "SUBTYPE_": 0}
"""The lowest number of content flags and of sub-types, by the beginning of their names; a content flag 0 is not set."""


class TypeContract(Contract):
    """Test that the data classes of a plugin can be used, and that it reads its files, or says why it cannot.

    Inherit from this class in a test module, in a class whose name begins with ``Test``, and set `plugin`.

    Attributes:
        plugin: The plugin that registers the classes, see `Contract`.
        samples: A whole file for each class of files that has a reader, by the name of the class.
        free_text: Names of the classes whose readers rightly accept any text, because their format has no rules: notes,
            or keywords for a program.
        heavy: See `Contract`.
        max_modules: See `Contract`.
    """

    samples: Mapping[str, Path] = {}
    free_text: Collection[str] = ()

    def test_its_classes_can_be_used(self, hook_session: OpenSession) -> None:
        """The plugin registers at least one class; each can be imported and has a name and a type of its own."""
        assert self._types(), "the plugin registers no data class: implement register_types"
        left_out = [one.reason for one in hook_session(self.the_plugin()).tasks_left_out()]
        assert left_out == [], f"these classes cannot be used: {'; '.join(left_out)}"

    def test_its_classes_of_files_are_described(self) -> None:
        """Each class of files has a MIME type, extensions without a dot, a label, and constants that differ."""
        for kind in self._classes_of("CDataFile"):
            known = containers.class_qualifiers(kind)
            assert containers.declared_type(kind), f"give {kind.__name__} the qualifier mimeTypeName"
            extensions = known.get("fileExtensions")
            assert extensions, f"give {kind.__name__} the qualifier fileExtensions: a list such as ['spots']"
            assert not isinstance(extensions, str), f"fileExtensions of {kind.__name__} must be a list of texts"
            dotted = [one for one in extensions if one.startswith(".")]
            assert dotted == [], f"fileExtensions of {kind.__name__} must not begin with a dot"
            assert known.get("guiLabel") or known.get("fileLabel"), f"give {kind.__name__} the qualifier guiLabel"
            for beginning in NUMBERS_FROM:
                _require_numbers(kind, beginning)

    def test_its_values_become_kpis(self) -> None:
        """Each attribute of a class of performance values is recorded as a KPI once it is set."""
        for kind in self._classes_of("CPerformanceIndicator"):
            values = kind(name="contract")
            expected = {name for name, child in containers.children(values) if _set(child)}
            base = next(one for one in kind.__mro__ if one.__name__ == "CPerformanceIndicator")
            own = expected - dict(containers.children(base(name="contract"))).keys()
            assert own, f"give {kind.__name__} an attribute that can be a KPI: a number, a text or a boolean"
            missing = sorted(expected - introspection.extract_kpi_values(values).keys())
            assert missing == [], f"these attributes of {kind.__name__} become no KPI: {', '.join(missing)}"

    def test_each_reader_has_a_sample(self) -> None:
        """There is a whole file for each class of files with a reader, and each sample is of a class of the plugin."""
        with_reader = {data_class(given).__name__ for given in self._types() if given.read is not None}
        missing = sorted(with_reader - self.samples.keys())
        assert missing == [], f"give a whole file in samples for {', '.join(missing)}"
        unknown = sorted(self.samples.keys() - {data_class(given).__name__ for given in self._types()})
        assert unknown == [], f"the plugin registers no class {', '.join(unknown)}, which samples names"
        free = sorted(set(self.free_text) - with_reader)
        assert free == [], f"the plugin registers no class with a reader {', '.join(free)}, which free_text names"

    @pytest.mark.parametrize("form", FORMS)
    def test_it_reads_or_says_why_not(self, tmp_path: Path, form: str) -> None:
        """A reader accepts a whole file, refuses files of another kind, and raises exceptions whose text is for users.

        Files of another kind are arbitrary bytes, a letter in English, and a JSON file.
        """
        for kind, read, path in self._files(tmp_path, form):
            found = attempt(read, path)
            if not isinstance(found, Failure):
                free = form in TEXTS and kind in self.free_text
                cure = f", or name {kind} in free_text if it is right to accept any text" if form in TEXTS else ""
                assert free or form not in FOREIGN, (
                    f"the reader of {kind} accepts {FOREIGN[form]}: raise a ValueError that says what is wrong{cure}"
                )
                continue
            assert form != "whole", f"the reader of {kind} refuses the sample: {found.reason}"
            assert not isinstance(found.error, FAULTS_OF_READERS), (
                f"the reader of {kind} fails with {found.reason} on {FOREIGN.get(form, f'a file that is {form}')}: "
                "raise a ValueError that says what is wrong"
            )
            assert str(found.error).strip(), f"the {found.reason} of the reader of {kind} does not say what is wrong"

    @pytest.mark.parametrize("form", FORMS)
    def test_it_reads_the_same_twice_and_writes_nothing(self, tmp_path: Path, form: str) -> None:
        """A reader says the same of a file when it is called again, and changes no file."""
        for kind, read, path in self._files(tmp_path, form):
            before = snapshot(tmp_path)
            said = [found.reason if isinstance(found := attempt(read, path), Failure) else "" for _ in range(2)]
            assert said[0] == said[1], f"the reader of {kind} says something else when it is called again"
            assert snapshot(tmp_path) == before, f"the reader of {kind} must not write files"

    def _types(self) -> list[DataType]:
        return [one for answer in answers(self.loaded(), "register_types") for one in answer]

    def _classes_of(self, base: str) -> list[type]:
        """Return the classes that are derived from one of CCP4i2, by its name."""
        return [kind for kind in map(data_class, self._types()) if containers.is_class(kind, base)]

    def _files(self, directory: Path, form: str) -> Iterator[tuple[str, Callable[[Path], object], Path]]:
        """Yield the name of each class with a reader and a sample, its reader, and a copy of its sample in a form."""
        copies = directory / "copies"
        copies.mkdir(exist_ok=True)
        for given in self._types():
            name = data_class(given).__name__
            if given.read is None or name not in self.samples:
                continue
            path = Path(copyfile(self.samples[name], copies / Path(self.samples[name]).name))
            content = FORMS[form](path.read_bytes())
            if content is not None:
                path.write_bytes(content)
            yield name, given.read, path


def _require_numbers(kind: type, beginning: str) -> None:
    """Require that the constants of a class whose names begin alike are numbers, and differ."""
    found = containers.constants(kind, beginning)
    low = NUMBERS_FROM[beginning]
    unfit = sorted(name for name, value in found.items() if not isinstance(value, int) or value < low)
    assert unfit == [], f"these constants of {kind.__name__} must be whole numbers from {low}: {', '.join(unfit)}"
    twice = [value for value, count in Counter(found.values()).items() if count > 1]
    same = sorted(name for name, value in found.items() if value in twice)
    assert same == [], f"these constants of {kind.__name__} must differ: {', '.join(same)}"


def _set(child: Any) -> bool:
    """Set a value, and return whether it is one that can be a KPI."""
    if not containers.is_a(child, *SIMPLE_TYPES):
        return False
    child.set("text" if containers.is_a(child, "CString") else 1)
    return True
