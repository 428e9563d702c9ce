"""Files of lives as other programs write them: names of columns, flags, quantities, zero times, and what is refused."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from crm.errors import NotFound, Refused
from crm.service.wear.life_file import LifeFile, RepairFile, read_life_file

TIMES = [12, 25, 31, 44, 58, 60, 60, 75]
FLAGS = [1, 1, 0, 1, 1, 1, 0, 1]


@pytest.fixture
def write(tmp_path):
    """A file with a head and rows, separated by commas unless said otherwise."""

    def file(head, *rows, separator=","):
        path = tmp_path / "lives.csv"
        lines = [separator.join(head), *(separator.join(map(str, row)) for row in rows)]
        path.write_text("\n".join(lines), encoding="utf-8")
        return path

    return file


def read(path, **chosen):
    found = read_life_file(path, chosen=chosen)
    assert isinstance(found, LifeFile)
    return found


@pytest.mark.parametrize(
    ("time", "flag", "words"),
    [
        ("time", "observed", {1: "1", 0: "0"}),
        ("Duration", "Event", {1: "1.0", 0: "0.0"}),
        ("hours", "failed", {1: "True", 0: "False"}),
        ("Km", "Status", {1: "failed", 0: "suspended"}),
        ("t", "status", {1: "F", 0: "S"}),
        ("age", "censored", {1: "0", 0: "1"}),
        ("Time to failure", "Censored", {1: "no", 0: "yes"}),
        ("time (h)", "event observed", {1: "T", 0: "F"}),
        ("lifetime", "status", {1: "2", 0: "1"}),
    ],
)
def test_columns_and_flags_are_known_by_many_names(write, time, flag, words):
    path = write([time, flag], *((t, words[f]) for t, f in zip(TIMES, FLAGS, strict=True)))

    found = read(path)

    assert found.columns["time"] == time
    assert found.life.times.tolist() == TIMES
    assert found.life.observed.tolist() == [bool(f) for f in FLAGS]


def test_a_quantity_stands_for_so_many_lives(write):
    one = read(write(["time", "observed"], *zip(TIMES, FLAGS, strict=True), (80, 0), (80, 0), (80, 0)))

    many = read(
        write(
            ["time", "observed", "quantity"],
            *((t, f, 1) for t, f in zip(TIMES, FLAGS, strict=True)),
            (80, 0, 3),
        )
    )

    assert (many.life.n, many.life.failures) == (one.life.n, one.life.failures) == (11, 6)
    assert many.fit.log_likelihood == pytest.approx(one.fit.log_likelihood)


def test_a_file_of_times_only_holds_failures(write):
    assert read(write(["days"], *((t,) for t in TIMES))).life.failures == len(TIMES)


def test_decimal_commas_and_semicolons_are_read(write):
    found = read(
        write(["Stunden", "Ausfall"], ("12,5", 1), ("1.030,25", 0), ("7,75", 1), separator=";"),
        time="Stunden",
        observed="Ausfall",
    )

    assert found.life.times.tolist() == [12.5, 1030.25, 7.75]


def test_all_censored_and_one_failure_are_said_with_n(write):
    none = read(write(["time", "event"], *((t, 0) for t in TIMES)))
    one = read(write(["time", "event"], (5, 1), *((t, 0) for t in TIMES)))

    assert none.to_dict()["chosen"] is None
    assert "8 lives" in none.to_dict()["why"]
    assert "1 failure among 9" in one.to_dict()["why"]


def test_zero_times_stay_in_the_curve_and_out_of_the_law(write):
    found = read(write(["time", "event"], (0, 1), *zip(TIMES, FLAGS, strict=True)))

    assert found.curve.times[0] == 0
    assert "1 failure at time 0" in found.fit.note


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([(5, 1), (-1, 1)], "negative"),
        ([(5, 1), ("soon", 1)], "Line 3"),
        ([(5, 1), ("", 1)], "Line 3"),
        ([(5, 1), (6, "")], "Line 3"),
        ([(5, 1), (6, "perhaps")], "perhaps"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(write, rows, said):
    with pytest.raises(Refused) as refused:
        read(write(["time", "event"], *rows))

    assert said in " ".join(problem.message for problem in refused.value.problems)


def test_missing_files_and_columns_are_named(write, tmp_path):
    with pytest.raises(NotFound):
        read_life_file(tmp_path / "nowhere.csv")
    with pytest.raises(NotFound, match="weight"):
        read(write(["time", "event"], (1, 1)), quantity="weight")
    with pytest.raises(Refused, match="colour"):
        read(write(["colour", "event"], ("red", 1)))


def test_repair_histories_are_known_by_their_columns(write):
    found = read_life_file(write(["system", "time", "repair"], (1, 5, 1), (1, 9, 0), (2, 7, 1), (2, 8, 0)))

    assert isinstance(found, RepairFile)
    assert [step["mean"] for step in found.to_dict()["mean_cumulative"]] == [0.5, 1.0]


def test_the_command_prints_json_that_holds_the_curve_and_both_laws(write):
    from crm.commands import app

    draw = np.random.default_rng(3)
    times = (100 * draw.weibull(2.0, 80)).round(3)
    path = write(["time", "event"], *((t, 1) for t in times))

    done = CliRunner().invoke(app, ["life-file", str(path), "--json"])

    told = json.loads(done.stdout)
    assert told["n"] == 80
    assert set(told["weibull"]) == {"plain", "limited"}
    assert told["chosen"] == "plain"
    assert sum(band["failed"] for band in told["life_table"]) == 80
    assert len(told["kaplan_meier"]["curve"]) == len(set(times))
    assert "log-likelihood" in CliRunner().invoke(app, ["life-file", str(path)]).stdout


def test_the_command_says_a_problem_in_a_sentence(tmp_path):
    from crm.commands import app

    done = CliRunner().invoke(app, ["life-file", str(tmp_path / "nowhere.csv")])

    assert done.exit_code == 1
    assert "is not there" in done.output
