"""The picture of the demo's report in the README. To make it anew: ``python tests/browser/picture.py``.

Fonts differ between machines, so the pixels of two pictures do, too. Beside the pictures, ``report.txt`` therefore has
what the page said when they were made: its texts, without times, and the checksums of the pictures. A test makes the
page anew and compares these texts; it compares the pictures themselves only as a few large squares of grey.
"""

import base64
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "docs" / "images"
RECORD = FOLDER / "report.txt"
SCHEMES = {"light": "report.png", "dark": "report-dark.png"}
WIDTH, HEIGHT = 1080, 850
"""Size of a picture [pixels]."""

CHROMIUM = ("chromium-headless-shell", "chromium", "google-chrome")
OURS = ("CCP4HOOKS_", "CCP4I2_", "DATABASE_URL", "DJANGO_SETTINGS_MODULE")

SAID = """() => ["header", ...["failures", "jobs", "graph"].map((id) => `section:has(#${id})`)]
    .map((part) => document.querySelector(part)?.innerText ?? "").join("\\n")"""
"""Returns the texts of what the picture shows."""

SQUARES = """async (picture) => {
    const image = new Image();
    image.src = `data:image/png;base64,${picture}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [27, 21];
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(image, 0, 0, 27, 21);
    const colours = context.getImageData(0, 0, 27, 21).data;
    const grey = [];
    for (let at = 0; at < colours.length; at += 4) grey.push((colours[at] + colours[at + 1] + colours[at + 2]) / 3);
    return [image.width, image.height, grey];
}"""
"""Returns the width and the height of a picture, and its squares of grey, 0 to 255."""


def report_of_demo(folder):
    """Run the demo as a user does, and return the path of its report."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    home = folder / "ccp4hooks-demo"
    command = [sys.executable, "-m", "ccp4hooks.cli", "demo", str(home)]
    subprocess.run(command, env={**clean, "HOME": str(folder), "TZ": "UTC"}, check=True, capture_output=True)
    return home / "report.html"


def taken(browser, report):
    """Return what the page of a report says, and its pictures by their file names."""
    pictures, said = {}, ""
    for scheme, name in SCHEMES.items():
        context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=scheme)
        page = context.new_page()
        page.goto(report.as_uri())
        page.wait_for_load_state("networkidle")
        said = without_times(page.evaluate(SAID))
        pictures[name] = page.screenshot()
        context.close()
    return said, pictures


def without_times(text):
    """Return a text without times of the day, durations and empty lines."""
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?", "TIME", text)
    text = re.sub(r"\b[\d.]+ s\b", "N s", text)
    return "".join(f"{' '.join(line.split())}\n" for line in text.splitlines() if line.strip())


def record_of(said, pictures):
    """Return what is written beside the pictures."""
    sums = [f"{name} {hashlib.sha256(content).hexdigest()}\n" for name, content in pictures.items()]
    return "".join([*sums, "\n", said])


def squares(page, picture):
    """Return the width, the height and the squares of grey of a picture, with a page of any content."""
    return page.evaluate(SQUARES, base64.b64encode(picture).decode())


def main():
    """Make the pictures and their record anew."""
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, CHROMIUM)))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found)
        said, pictures = taken(browser, report_of_demo(Path(folder)))
    FOLDER.mkdir(exist_ok=True)
    for name, content in pictures.items():
        (FOLDER / name).write_bytes(content)
    RECORD.write_text(record_of(said, pictures), encoding="utf-8")


if __name__ == "__main__":
    main()
