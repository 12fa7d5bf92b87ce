"""`segue check` on the rules that ship and on files."""

from pathlib import Path

from click.testing import CliRunner

from console.commands.check import check

GOOD = """
segments:
  buyers:
    when: {event: purchase, within: 7d}
    examples: [{given: [{event: purchase, ago: 1d}], expect: in}]
"""


def test_the_rules_that_ship_hold_their_examples() -> None:
    result = CliRunner().invoke(check)

    assert result.exit_code == 0
    assert "examples hold" in result.output


def test_a_failing_example_is_told_with_exit_1(tmp_path: Path) -> None:
    path = tmp_path / "rules.yml"
    path.write_text(GOOD.replace("ago: 1d", "ago: 7d"), encoding="utf-8")

    result = CliRunner().invoke(check, [str(path)])

    assert result.exit_code == 1
    assert result.output.splitlines() == [
        f"{path}:5: segments.buyers, example 1: expected in, is out",
        "1 of 1 examples fail",
    ]


def test_files_that_hold_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "rules.yml"
    path.write_text(GOOD, encoding="utf-8")

    result = CliRunner().invoke(check, [str(path)])

    assert result.exit_code == 0
    assert result.output == "1 segments, 0 stages, 0 triggers, 0 settings; all 1 examples hold\n"


def test_a_faulty_file_is_told_with_exit_2(tmp_path: Path) -> None:
    path = tmp_path / "rules.yml"
    path.write_text("segments: [1]", encoding="utf-8")

    result = CliRunner().invoke(check, [str(path)])

    assert result.exit_code == 2
    assert "segments must be a mapping" in result.output


OWN = """
segments:
  lapsed_buyers: {when: {event: purchase, before: {setting: lapsed_after}}}
  left_again:
    when: {all: [{segment: lapsed_buyers}, {segment: cart_abandoners}]}
    examples:
      - {given: [{event: purchase, ago: 180d}, {event: cart_updated, ago: 4h}], expect: in}
"""


def test_a_portals_own_file_is_read_together_with_what_ships(tmp_path: Path) -> None:
    path = tmp_path / "own.yml"
    path.write_text(OWN, encoding="utf-8")

    alone = CliRunner().invoke(check, [str(path)])
    together = CliRunner().invoke(check, ["--shipped", str(path)])

    assert alone.exit_code == 2
    assert 'unknown segment "cart_abandoners"' in alone.output
    assert together.exit_code == 0, together.output
    assert "27 segments, 7 stages, 12 triggers" in together.output
