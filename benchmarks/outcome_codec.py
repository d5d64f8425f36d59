"""Compare libraries that encode and decode the outcome file: cattrs, pydantic and msgspec (the one in use).

Each library runs in processes of its own. The script prints the median CPU time of each step as a ratio to cattrs,
which ccp4hooks used first. ``docs/adr`` records the decision. Run it with::

    pip install ccp4hooks cattrs pydantic
    python benchmarks/outcome_codec.py [repeats]

Steps:
    import: Import the library, after the model and the standard library.
    first: Import the library, and write and read the small outcome for the first time.
    write small, read small: Outcome without files or KPIs, later times.
    write large, read large: Outcome with 1,000 files and 200 KPIs, later times.

Writing ends with the JSON text and reading begins with it: all libraries share the access to the file.
"""

from __future__ import annotations

import importlib
import json
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from uuid import UUID, uuid5

from ccp4hooks.model import (
    FinishStatus,
    GleanedFile,
    Job,
    JobNumber,
    JobStatus,
    Kpi,
    KpiValue,
    Origin,
    Outcome,
    Project,
    Severity,
)
from ccp4hooks.outcomes import outcome_file

NAMESPACE = UUID("11111111-2222-3333-4444-555555555555")
STEPS = ("import", "first", "write small", "read small", "write large", "read large")


def sample(files: int, kpis: int) -> Outcome:
    """Return an outcome with a number of files and KPIs."""
    at = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=timezone.utc)
    origin = Origin(plugin="kpi", version="1.0")
    project = Project(name="toxd", directory=Path("/data/toxd"), uuid=NAMESPACE)
    number = JobNumber("12")
    job = Job(
        uuid=uuid5(NAMESPACE, "job"),
        number=number,
        task="prosmart_refmac",
        title="Refinement",
        project=project,
        directory=number.directory(project.directory),
    )
    return Outcome(
        job=job,
        status=JobStatus.FINISHED,
        finish=FinishStatus.SUCCEEDED,
        created_at=at,
        started_at=at,
        finished_at=at,
        files=tuple(
            GleanedFile(
                uuid=job.file_uuid("out", f"outputData.X[{n}]"),
                parameter=f"outputData.X[{n}]",
                path=job.directory / f"out_{n}.mtz",
                size_bytes=n,
                file_type="application/CCP4-mtz-observed",
                content_flag=1,
                columns=(("F", "SIGF"),),
                extra={"resolution": 1.5, "nFree": 20},
                origins={"file": origin},
            )
            for n in range(files)
        ),
        kpis=tuple(Kpi(key=f"k{n}", value=n * 0.25, origin=origin) for n in range(kpis)),
        software={"ccp4hooks": "0.1.0"},
    )


def with_cattrs():
    """Return the encoder and the decoder that ccp4hooks used before."""
    from cattrs import Converter

    converter = Converter(forbid_extra_keys=True)
    converter.register_unstructure_hook(UUID, str)
    converter.register_structure_hook(UUID, lambda value, _: UUID(value))
    converter.register_unstructure_hook_func(lambda kind: isinstance(kind, type) and issubclass(kind, Path), str)
    converter.register_structure_hook(Path, lambda value, _: Path(value))
    converter.register_unstructure_hook(JobNumber, str)
    converter.register_structure_hook(JobNumber, lambda value, _: JobNumber(value))
    converter.register_unstructure_hook(datetime, datetime.isoformat)
    converter.register_structure_hook(datetime, lambda value, _: datetime.fromisoformat(value))
    for kind in (JobStatus, FinishStatus):
        converter.register_unstructure_hook(kind, lambda member: member.name)
        converter.register_structure_hook(kind, lambda value, kind: kind[value])
    converter.register_unstructure_hook(Severity, lambda severity: severity.value)
    converter.register_structure_hook(KpiValue, lambda value, _: value)

    def difference(loaded, understood):
        """Return whether cattrs converted a part of the data to another type."""
        if isinstance(loaded, dict) and isinstance(understood, dict):
            return any(difference(value, understood.get(key)) for key, value in loaded.items())
        if isinstance(loaded, list) and isinstance(understood, (list, tuple)):
            return any(difference(*both) for both in zip(loaded, understood, strict=False))
        whole = type(loaded) is int and isinstance(understood, float)
        return loaded != understood or not (type(loaded) is type(understood) or whole)

    def decode(data):
        outcome = converter.structure(data, Outcome)
        if difference(data, converter.unstructure(outcome)):
            raise ValueError(data)
        return outcome

    return converter.unstructure, decode


def with_pydantic():
    """Return an encoder and a decoder made by pydantic from the dataclasses.

    Pydantic asks a type itself for a schema other than its own: the model would have to import it.
    """
    from pydantic import ConfigDict, TypeAdapter
    from pydantic_core import core_schema

    def by_name(kind, *_):
        return core_schema.no_info_after_validator_function(
            kind.__getitem__,
            core_schema.literal_schema(list(kind.__members__)),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda member: member.name),
        )

    def text(kind, *_):
        return core_schema.no_info_after_validator_function(kind, core_schema.str_schema(strict=True))

    for kind in (JobStatus, FinishStatus):
        kind.__get_pydantic_core_schema__ = classmethod(by_name)
    JobNumber.__get_pydantic_core_schema__ = classmethod(text)
    config = ConfigDict(
        strict=True, extra="forbid", allow_inf_nan=False, json_encoders={datetime: datetime.isoformat, JobNumber: str}
    )
    # The configuration of a container holds for the dataclasses in it.
    adapter = TypeAdapter(tuple[Outcome], config=config)

    def encode(outcome):
        return adapter.dump_python((outcome,), mode="json")[0]

    def decode(data):
        return adapter.validate_json(json.dumps([data]))[0]

    return encode, decode


def with_msgspec():
    """Return the encoder and the decoder of ccp4hooks."""
    from ccp4hooks.outcomes import json_types

    return outcome_file.to_json, lambda data: json_types.decoded(data, Outcome)


SIDES = {"cattrs": with_cattrs, "pydantic": with_pydantic, "msgspec": with_msgspec}


def measure(side: str) -> dict[str, float]:
    """Return the CPU time of each step in this process [s]."""
    small, large = sample(0, 0), sample(1000, 200)
    start = time.process_time()
    importlib.import_module(side)
    if side == "pydantic":
        importlib.import_module("pydantic.type_adapter")  # pydantic imports most of itself on demand
    times = {"import": time.process_time() - start}
    encode, decode = SIDES[side]()

    def write(outcome):
        return json.dumps({"schema_version": 1, **encode(outcome)}, indent=1, allow_nan=False)

    def read(text):
        data = json.loads(text)
        data.pop("schema_version")
        return decode(data)

    require_same(read(write(small)), small)
    times["first"] = time.process_time() - start
    require_same(read(write(large)), large)
    for name, outcome, calls in (("small", small, 200), ("large", large, 3)):
        text = write(outcome)
        require_same(text, json.dumps({"schema_version": 1, **outcome_file.to_json(outcome)}, indent=1))
        times[f"write {name}"] = best(lambda outcome=outcome: write(outcome), calls)
        times[f"read {name}"] = best(lambda text=text: read(text), calls)
    refused = replace(small, job=replace(small.job, title=7))
    try:
        read(json.dumps({"schema_version": 1, **outcome_file.to_json(refused)}))
    except ValueError:
        return times
    raise AssertionError(f"{side} accepted a number as text")


def require_same(found: object, expected: object) -> None:
    """Stop if a library does not return the same as the others."""
    if found != expected:
        raise AssertionError(f"{str(found)[:2000]}\nis not\n{str(expected)[:2000]}")


def best(call, calls: int) -> float:
    """Return the shortest CPU time of several calls [s]."""
    times = []
    for _ in range(calls):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return min(times)


def main(repeats: int) -> None:
    """Measure all libraries in turn, and print the medians."""
    found: dict[str, list[dict[str, float]]] = {side: [] for side in SIDES}
    for _ in range(repeats):
        for side, runs in found.items():
            done = subprocess.run(
                [sys.executable, __file__, "--side", side], check=True, capture_output=True, text=True
            )
            runs.append(json.loads(done.stdout))
    medians = {
        side: {step: statistics.median(one[step] for one in runs) for step in STEPS} for side, runs in found.items()
    }
    print(f"median of {repeats} processes; ratio to cattrs, with the time in ms in brackets")
    print(f"{'':12}" + "".join(f"{side:>18}" for side in SIDES))
    for step in STEPS:
        times = [(medians[side][step], medians["cattrs"][step]) for side in SIDES]
        cells = [f"{duration / basis:.2f} ({duration * 1e3:.2f})" for duration, basis in times]
        print(f"{step:12}" + "".join(f"{cell:>18}" for cell in cells))


if __name__ == "__main__":
    if "--side" in sys.argv:
        print(json.dumps(measure(sys.argv[-1])))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 11)
