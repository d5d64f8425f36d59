"""A virtual environment in which tests install packages, as a plugin author does."""

import os
import subprocess
import sys
import sysconfig


class Author:
    """A virtual environment on top of the environment that runs the tests."""

    def __init__(self, home):
        self.home = home
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", home / "env"], check=True)
        self.python = home / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
        self.site = self("import sysconfig; print(sysconfig.get_path('purelib'))", flag="-c").stdout.strip()
        paths = [sysconfig.get_path("purelib")]
        with open(f"{self.site}/beneath.pth", "w", encoding="utf-8") as stream:  # noqa: PTH123
            # addsitedir also finds the editable installations of that environment.
            stream.writelines(f"import site; site.addsitedir({path!r})\n" for path in paths)

    def __call__(self, *words, flag="-m"):
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("CCP4", "DATABASE", "PY"))}
        return subprocess.run(
            [self.python, flag, *words],
            cwd=self.home,
            env={**clean, "HOME": str(self.home)},
            capture_output=True,
            text=True,
            check=False,
        )

    def install(self, *words):
        options = ("--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check", "-q")
        return self("pip", "install", *options, *words)


def done(process):
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout
