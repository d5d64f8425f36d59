#!/usr/bin/env python3
"""Fetch the scripts of reports from npm, with their licences, and write the manifest that a test checks.

Run it with other versions to change them: ``.ci/vendor.py vega=6.4.0``. It needs npm. Look at the difference, run
``pytest tests/unit/reports tests/browser``, and look at a report.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

TARGET = Path(__file__).parents[1] / "ccp4hooks/reports/static/vendor"
MANIFEST = TARGET / "manifest.json"

FILES = {
    "vega": {"vega.min.js": "build/vega.min.js", "LICENSE-vega.txt": "LICENSE"},
    "vega-lite": {"vega-lite.min.js": "build/vega-lite.min.js", "LICENSE-vega-lite.txt": "LICENSE"},
    "vega-interpreter": {
        "vega-interpreter.js": "build/vega-interpreter.js",
        "LICENSE-vega-interpreter.txt": "LICENSE",
    },
    # The file of vega contains d3 and topojson-client.
    "d3": {"LICENSE-d3.txt": "LICENSE"},
    "topojson-client": {"LICENSE-topojson-client.txt": "LICENSE"},
}
"""The name that each file gets, and its path in its package."""

IMPORT = re.compile(r"^import \{ ([\w, ]+) \} from 'vega-util';\n", re.MULTILINE)
EXPORT = re.compile(r"^export \{ expression as expressionInterpreter \};\n", re.MULTILINE)


def as_script(module: str) -> str:
    """Return the interpreter, which is published as a module only, as a script that adds it to the global `vega`."""
    module, imports = IMPORT.subn(r"const { \1 } = vega;\n", module)
    module, exports = EXPORT.subn("vega.expressionInterpreter = expression;\n", module)
    if (imports, exports) != (1, 1) or re.search(r"^(import|export) ", module, re.MULTILINE):
        raise SystemExit("vega-interpreter has other imports or exports than expected; change IMPORT and EXPORT.")
    return f'(() => {{\n"use strict";\n{module.rstrip()}\n}})();\n'


def content(name: str, packed: bytes) -> bytes:
    """Return what is kept of a file: without the address of a map of its source, and as a script."""
    text = re.sub(r"\n//# sourceMappingURL=.*\n?$", "\n", packed.decode())
    if name == "vega-interpreter.js":
        text = as_script(text)
    if "</script" in text or "<!--" in text:
        raise SystemExit(f"{name} cannot stand in an HTML page.")
    return text.encode()


def fetch(package: str, version: str, scratch: Path) -> dict[str, object]:
    """Fetch a package, write its files, and return its entry in the manifest."""
    command = ["npm", "pack", "--json", "--ignore-scripts", f"{package}@{version}"]
    told = json.loads(subprocess.run(command, cwd=scratch, check=True, capture_output=True).stdout)  # noqa: S603
    (packed,) = told.values() if isinstance(told, dict) else told
    files = {}
    with tarfile.open(scratch / packed["filename"]) as archive:
        licence = json.loads(archive.extractfile("package/package.json").read())["license"]
        for name, path in FILES[package].items():
            kept = content(name, archive.extractfile(f"package/{path}").read())
            (TARGET / name).write_bytes(kept)
            files[name] = hashlib.sha256(kept).hexdigest()
    return {"version": packed["version"], "licence": licence, "integrity": packed["integrity"], "sha256": files}


def _differ(release: tuple[str, str], entry: dict[str, object]) -> bool:
    version, integrity = release
    return version == entry["version"] and integrity != entry["integrity"]


def main() -> None:
    """Fetch all packages in the versions of the manifest, or of the command line."""
    TARGET.mkdir(exist_ok=True)
    known = json.loads(MANIFEST.read_text(encoding="utf-8")) if MANIFEST.exists() else {}
    versions = {name: known.get(name, {}).get("version", "latest") for name in FILES}
    versions |= dict(word.split("=") for word in sys.argv[1:])
    with tempfile.TemporaryDirectory() as scratch:
        found = {name: fetch(name, version, Path(scratch)) for name, version in versions.items()}
    releases = {name: (entry["version"], entry["integrity"]) for name, entry in known.items()}
    changed = [name for name, entry in found.items() if name in releases and _differ(releases[name], entry)]
    if changed:
        raise SystemExit(f"Published anew under the same version, which npm does not permit: {', '.join(changed)}.")
    MANIFEST.write_text(f"{json.dumps(found, indent=2)}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
