"""The settings of an engine, and what the plugin needs."""

import re
import sys
from pathlib import Path

import pytest

from ccp4hooks import BadInputError, Handle, Needs, UnknownNameError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"scheduler": "sge"}, r"engines\.cluster\.scheduler is 'sge'; it must be one of slurm, .*condor"),
        ({"scheduler": "slurm", "setup": ["a", 3]}, r"engines\.cluster\.setup has 3; each entry must be a text"),
        ({"scheduler": "slurm", "setup": "source x"}, r"engines\.cluster\.setup .*must be of type list, not str"),
        ({"scheduler": "slurm", "setup": ["a\nb"]}, r"engines\.cluster\.setup has 'a\\nb'; .*a single line"),
        ({"scheduler": "slurm", "directives": ["#SBATCH -x\n#SBATCH -y"]}, r"cluster\.directives has .*a single line"),
        (
            {"scheduler": "slurm", "directives": ["#PBS -x"]},
            r"directives has '#PBS -x'; .* SLURM begins with '#SBATCH'",
        ),
        ({"scheduler": "lsf", "account": "a b"}, r"engines\.cluster\.account is 'a b'; it must be one word"),
        ({"scheduler": "lsf", "account": "-x"}, r"engines\.cluster\.account is '-x'; it must be one word"),
        ({"scheduler": "slurm", "grace_s": 0}, r"engines\.cluster\.grace_s .*at least 1"),
        ({"scheduler": "slurm", "command_timeout_s": 0.5}, r"engines\.cluster\.command_timeout_s .*at least 1"),
    ],
)
def test_a_wrong_value_is_named_with_its_engine(cluster, options, said):
    engine = cluster(**options)
    with pytest.raises(BadInputError, match=said):
        engine.submit("true")
    with pytest.raises(BadInputError, match=said):
        engine.ask()


def test_an_unknown_setting_is_named(cluster):
    with pytest.raises(UnknownNameError, match=r"engines\.cluster\.directive.*engines\.cluster\.directives"):
        cluster("slurm", directive=["#SBATCH -x"]).submit("true")


def test_the_engines_of_other_plugins_are_left_to_them(cluster):
    own = cluster("slurm")
    other = cluster("slurm", plugin="other")
    assert own.plugin.submit_job(other.engine, own.job, own.command("true"), Needs()) is None
    assert own.plugin.ask_engine(other.engine, [], None) is None
    assert own.plugin.stop_job(other.engine, Handle(engine="cluster", key="1")) is None


def test_the_examples_of_the_docs_are_valid(cluster):
    page = Path(__file__).parents[3] / "docs/howto/run-on-a-cluster.md"
    examples = re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    tables = [table for text in examples for table in tomllib.loads(text)["engines"].values()]
    found = [table for table in tables if "plugin" not in table]
    assert len(found) == 4
    for table in found:
        assert cluster(**table).ask() == {}
