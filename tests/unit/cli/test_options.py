"""How shared options before and after the subcommand are merged."""

from pathlib import Path

from ccp4hooks.cli.options import Choices


def test_later_options_win_and_plugins_are_concatenated():
    before = Choices(plugins=("a",), database="sqlite:///one", projects_dir=Path("one"), debug=True)
    after = Choices(plugins=("no:a",), database="sqlite:///two", autoload=False)
    both = after.over(before)
    assert both == Choices(
        plugins=("a", "no:a"), database="sqlite:///two", projects_dir=Path("one"), debug=True, autoload=False
    )


def test_autoload_switched_off_before_the_subcommand_stays_off():
    assert Choices().over(Choices(autoload=False)).autoload is False
    assert Choices().over(Choices()).autoload is None
