"""Files of many series: read as people write them, forecast in processes, one bad series harms no other."""

import csv
import os
import threading
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from crm.errors import NotFound, Refused
from crm.forecasting import engine, parallel, worker
from crm.forecasting.files import long_table
from crm.forecasting.files.forecast_file import HEADER, forecast_file
from crm.forecasting.parallel import Task, forecast_many
from crm.forecasting.series.series import regularise
from tests.forecast_of import forecast


def sales(count=36, *, seed=1):
    months = np.arange(count)
    drawn = np.random.default_rng(seed).normal(size=count)
    return (200 + 2 * months) * np.exp(0.3 * np.sin(months * np.pi / 6) + 0.05 * drawn)


def monthly(values):
    return pd.Series(values, index=pd.date_range("2018-01-01", periods=len(values), freq="MS"))


def task(key, values, **changes):
    return Task(key, regularise(monthly(values), freq="MS"), horizon=6, **changes)


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


class TestReading:
    def read(self, tmp_path, content):
        path = tmp_path / "in.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return long_table.read(path)

    @pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_separators_and_line_ends_are_recognised(self, tmp_path, separator, end):
        lines = [("unique_id", "ds", "y"), ("a", "2024-01-01", "1"), ("b", "2024-01-01", "2")]

        table = self.read(tmp_path, end.join(separator.join(line) for line in lines))

        assert table.to_numpy().tolist() == [["a", "2024-01-01", "1"], ["b", "2024-01-01", "2"]]

    def test_case_order_and_other_columns_do_not_matter(self, tmp_path):
        table = self.read(tmp_path, "﻿Y, Unique_ID ,note,DS\n1,a,hello,2024-01-01\n")

        assert table.to_numpy().tolist() == [["a", "2024-01-01", "1"]]

    def test_identifiers_stay_text(self, tmp_path):
        table = self.read(
            tmp_path, 'unique_id,ds,y\n007,2024-01-01,1\nNA,2024-01-01,1\n"x, y",2024-01-01,1\n'
        )

        assert table["unique_id"].tolist() == ["007", "NA", "x, y"]

    def test_old_windows_files_are_read(self, tmp_path):
        table = self.read(tmp_path, "unique_id,ds,y\nKøge,2024-01-01,1\n".encode("cp1252"))

        assert table["unique_id"].tolist() == ["Køge"]

    def test_missing_columns_are_named_beside_those_found(self, tmp_path):
        with pytest.raises(Refused, match=r"no column unique_id, y\. It has: ds, sales\."):
            self.read(tmp_path, "ds,sales\n2024-01-01,1\n")

    def test_an_empty_file_is_refused(self, tmp_path):
        with pytest.raises(Refused, match="empty"):
            self.read(tmp_path, "\n")

    def test_a_file_that_is_not_there_is_named(self, tmp_path):
        with pytest.raises(NotFound, match=r"nowhere\.csv"):
            long_table.read(tmp_path / "nowhere.csv")

    @pytest.mark.parametrize(
        ("cell", "number"),
        [
            ("12", 12.0), ("1.5e3", 1500.0), ("1,234.5", 1234.5), ("1.234,5", 1234.5), ("12,5", 12.5),
            ("1,234", 1234.0), ("1.234.567", 1234567.0), ("€ 1 200", 1200.0), ("(7)", -7.0), ("-3", -3.0),
        ],
    )  # fmt: skip
    def test_numbers_are_read_as_people_write_them(self, cell, number):
        assert long_table.numbers(pd.Series([cell], dtype=object)).tolist() == [number]

    @pytest.mark.parametrize("cell", ["", "NA", "null", "-", "unknown"])
    def test_blank_and_unreadable_numbers_are_missing(self, cell):
        assert long_table.numbers(pd.Series([cell], dtype=object)).isna().all()

    @pytest.mark.parametrize(
        ("cells", "days"),
        [
            (["0001-01-01"], ["0001-01-01"]),
            (["2024-02", "2024"], ["2024-02-01", "2024-01-01"]),
            (["202402", "20240203"], ["2024-02-01", "2024-02-03"]),
            (["2024Q3", "2024-q4"], ["2024-07-01", "2024-10-01"]),
            (["2024M7"], ["2024-07-01"]),
            (["03/01/19", "30/12/22"], ["2019-01-03", "2022-12-30"]),
            (["01/03/2024", "12/30/2024"], ["2024-01-03", "2024-12-30"]),
            (["01/01/2024", "01/02/2024", "01/03/2024"], ["2024-01-01", "2024-02-01", "2024-03-01"]),
            (["1/1/2024", "2/1/2024"], ["2024-01-01", "2024-02-01"]),
            (["3.1.2024", "4.2.2024"], ["2024-01-03", "2024-02-04"]),
            (["Jan 2024", "5 March 2024"], ["2024-01-01", "2024-03-05"]),
            (["2024-01-01T00:00:00", "2024-13-01", "soon"], ["2024-01-01", "NaT", "NaT"]),
        ],
    )
    def test_dates_are_read_as_people_write_them(self, cells, days):
        read = long_table.dates(pd.Series(cells, dtype=object))

        assert [str(day)[:10] for day in read] == days


class TestProcesses:
    def test_all_series_are_answered_and_equal_those_of_this_process(self):
        tasks = [task(f"s{seed}", sales(seed=seed)) for seed in range(3)]

        outcomes = {each.task.key: each for each in forecast_many(tasks, workers=2)}

        assert set(outcomes) == {"s0", "s1", "s2"}
        for each in tasks:
            assert outcomes[each.key].forecast == engine.from_history(each.history, horizon=6)

    def test_progress_is_told_after_each_series(self):
        told = []

        list(forecast_many([task("a", [1.0] * 9), task("b", [2.0] * 9)], workers=1,
                           progress=lambda done, total: told.append((done, total))))  # fmt: skip

        assert told == [(1, 2), (2, 2)]

    def test_stopping_in_the_middle_ends_the_processes(self):
        class Stopped(Exception):
            pass

        def stop(done, total):
            raise Stopped

        before = threading.active_count()
        with pytest.raises(Stopped):
            list(forecast_many([task(str(n), [1.0] * 9) for n in range(50)], workers=2, progress=stop))

        assert threading.active_count() == before

    def test_a_process_that_dies_is_replaced_and_its_series_named(self, monkeypatch):
        ask = parallel._Worker.ask

        def die_on_b(self, request):
            if request["values"][0] == 2.0:
                os.kill(self._process.pid, 9)
                self._process.wait()
            return ask(self, request)

        monkeypatch.setattr(parallel._Worker, "ask", die_on_b)
        tasks = [task("a", [1.0] * 9), task("b", [2.0] * 9), task("c", [3.0] * 9)]

        outcomes = {each.task.key: each for each in forecast_many(tasks, workers=1)}

        assert "ended unexpectedly" in outcomes["b"].error
        assert outcomes["c"].forecast.points[0].yhat == 3.0

    def test_a_bug_in_one_series_is_an_answer_and_not_an_end(self, monkeypatch, caplog):
        def fail(*args, **options):
            raise ZeroDivisionError

        monkeypatch.setattr(engine, "from_history", fail)

        answer = worker.answer(parallel._request(task("a", sales()), "en"))

        assert "failed" in answer["error"]
        assert "ZeroDivisionError" in caplog.text


class TestFile:
    def write(self, path, series):
        lines = ["unique_id;ds;y"]
        for key, values in series.items():
            days = pd.date_range("2018-01-01", periods=len(values), freq="MS").strftime("%Y-%m-%d")
            lines += [f"{key};{day};{value}" for day, value in zip(days, values, strict=True)]
        path.write_text("\n".join([lines[0], *reversed(lines[1:])]), encoding="utf-8")

    def test_every_series_gets_its_horizon_in_the_order_of_the_file(self, tmp_path):
        self.write(tmp_path / "in.csv", {"north": sales(seed=1), "south": sales(seed=2)})

        report = forecast_file(tmp_path / "in.csv", tmp_path / "out.csv", freq="MS", horizon=4, workers=1)

        rows = rows_of(tmp_path / "out.csv")
        assert tuple(rows[0]) == HEADER
        assert [row["unique_id"] for row in rows] == ["south"] * 4 + ["north"] * 4
        assert [row["ds"] for row in rows[:4]] == ["2021-01-01", "2021-02-01", "2021-03-01", "2021-04-01"]
        assert (report.series, report.written, report.rows, report.errors) == (2, 2, 8, ())
        in_memory = forecast(monthly(sales(seed=2)), freq="MS", horizon=4)
        assert [float(row["yhat"]) for row in rows[:4]] == [point.yhat for point in in_memory.points]

    def test_short_series_get_a_naive_answer_and_are_named(self, tmp_path):
        self.write(tmp_path / "in.csv", {"good": [5.0] * 9, "short": [4.0], "void": [""]})

        report = forecast_file(tmp_path / "in.csv", tmp_path / "out.csv", freq="MS", horizon=2, workers=1)

        rows = {row["unique_id"]: row for row in rows_of(tmp_path / "out.csv")}
        assert set(rows) == {"good", "short"}
        assert (rows["short"]["model"], float(rows["short"]["yhat"])) == ("naive", 4.0)
        assert float(rows["short"]["lo95"]) < float(rows["short"]["lo80"]) < 4 < float(rows["short"]["hi80"])
        assert dict(report.errors).keys() == {"short", "void"}
        assert "2 of 3 series written" in report.summary()
        assert "void: There is no value" in report.summary()

    def test_a_refused_run_leaves_the_older_result(self, tmp_path):
        (tmp_path / "out.csv").write_text("older")
        (tmp_path / "in.csv").write_text("unique_id,ds\na,2024-01-01\n")

        with pytest.raises(Refused, match="no column y"):
            forecast_file(tmp_path / "in.csv", tmp_path / "out.csv", freq="MS", horizon=2)

        assert (tmp_path / "out.csv").read_text() == "older"
        assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]

    @pytest.mark.parametrize(
        ("changes", "said"),
        [({"freq": "often"}, "not known"), ({"horizon": 0}, "horizon")],
    )
    def test_wrong_settings_are_refused_before_reading(self, tmp_path, changes, said):
        with pytest.raises(Refused, match=said):
            forecast_file(
                tmp_path / "no.csv", tmp_path / "out.csv", **{"freq": "MS", "horizon": 2, **changes}
            )

    def test_a_missing_folder_for_the_result_is_refused(self, tmp_path):
        with pytest.raises(Refused, match="folder"):
            forecast_file(tmp_path / "in.csv", tmp_path / "no" / "out.csv", freq="MS", horizon=2)


def test_the_rhythm_of_a_task_reaches_the_worker():
    quarters = pd.Series([5.0] * 9, index=pd.date_range("2018-02-01", periods=9, freq="QS-FEB"))
    sent = replace(task("a", [1.0] * 3), history=regularise(quarters, freq="QS"))

    answer = worker.answer(parallel._request(sent, "en"))

    assert answer["forecast"]["points"][0]["ds"] == "2020-05-01"
