"""A job is restored, and an archive imported, on a disk that becomes full: all of it or nothing, and said so."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from recovery import full_disk

DRIVER = Path(__file__).with_name("full_disk_of_trash.py")
WAYS = ["limit", *["tmpfs"] * full_disk.can_mount()]


@pytest.mark.sampled(4)
@pytest.mark.parametrize("what", ["restore", "import"])
@pytest.mark.parametrize("way", WAYS)
def test_a_full_disk_leaves_nothing_half_restored_or_imported(way, what):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("CCP4", "DATABASE", "DJANGO"))}
    done = subprocess.run([sys.executable, DRIVER, way, what], env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
