import re
import subprocess
import sys
from pathlib import Path

from ccp4hooks import testing

PAGE = Path(__file__).parents[2] / "docs" / "tutorial" / "write-a-gleaner.md"


def block(name):
    (found,) = re.findall(rf"<!-- {name} -->\n```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return found


def test_the_gleaner_in_the_docs_passes_the_tests_in_the_docs(tmp_path):
    (tmp_path / "my_gleaner.py").write_text(block("gleaner"))
    (tmp_path / "test_my_gleaner.py").write_text(block("gleaner-tests"))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", tmp_path, tmp_path]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "16 passed" in done.stdout


def test_the_docs_describe_every_fixture():
    fixtures = re.findall(
        r"@pytest.fixture\ndef (\w+)", Path(testing.__file__).with_name("fixtures.py").read_text(encoding="utf-8")
    )
    assert "run_task" in fixtures
    assert [name for name in fixtures if f"`{name}" not in PAGE.read_text(encoding="utf-8")] == []
