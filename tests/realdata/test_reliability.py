"""Published life data and repair histories, by the command and by the functions behind the screen."""

import json
import os
from pathlib import Path

import pandas as pd
import pytest

REALDATA = Path(os.environ.get("RAPPORT_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
FOLDER = REALDATA / "reliability"

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no real data in {REALDATA}"),
]


def printed(name):
    from typer.testing import CliRunner

    from crm.commands import app

    done = CliRunner().invoke(app, ["life-file", str(FOLDER / name), "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_automotive_has_the_published_log_likelihood():
    told = printed("automotive.csv")

    assert (told["n"], told["failures"], told["chosen"]) == (31, 10, "plain")
    assert told["weibull"]["plain"]["log_likelihood"] == pytest.approx(-128.974, abs=0.01)


def test_the_defective_share_is_the_published_one():
    told = printed("defective_sample.csv")

    limited, plain = told["weibull"]["limited"], told["weibull"]["plain"]
    assert told["chosen"] == "limited"
    assert limited["alpha"] == pytest.approx(170.98, abs=0.01)
    assert limited["beta"] == pytest.approx(1.3011, abs=0.0001)
    assert limited["share"] == pytest.approx(0.12482, abs=0.00001)
    assert limited["log_likelihood"] - plain["log_likelihood"] == pytest.approx(295, abs=1)


@pytest.mark.parametrize(
    "name", ["automotive", "defective_sample", "electronics", "mileage", "mixture", "system_growth"]
)
def test_every_counted_curve_agrees_with_statsmodels(name):
    from statsmodels.duration.survfunc import SurvfuncRight

    rows = pd.read_csv(FOLDER / f"{name}.csv")

    curve = printed(f"{name}.csv")["kaplan_meier"]["curve"]

    other = SurvfuncRight(rows["time"], rows["observed"])
    at = dict(zip(other.surv_times.tolist(), other.surv_prob.tolist(), strict=True))
    assert [step["survival"] for step in curve] == pytest.approx([at[step["time"]] for step in curve])


def test_repair_histories_add_up_as_published():
    told = printed("MCF_1.csv")

    means = {step["time"]: round(step["mean"], 4) for step in told["mean_cumulative"]}
    assert (told["units"], told["repairs"]) == (5, 14)
    assert (means[5], means[10], means[25]) == (0.2, 0.6, 3.6667)
    assert printed("MCF_2.csv")["repairs"] == 89
