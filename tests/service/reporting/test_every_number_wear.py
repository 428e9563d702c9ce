"""The effects of age and model in the sample company, by a second likelihood, and which unit fails next by them."""

import numpy as np
import pytest
from scipy.optimize import minimize

from crm.analytics.survival_fit import FEWEST
from crm.analytics.survival_units import outlook
from crm.clock import now
from crm.service.wear.data import AGE, MODEL, load
from crm.service.wear.told import effect_words
from crm.service.wear.wear import groups_of, study
from crm.work import SYSTEM, reading

pytestmark = pytest.mark.usefixtures("firm")

#: Against the Lumo Grand 120, with age, all models of few failures together as others.
EXPECTED = {
    "Lumo Grand 120 Milk": 0.69, "Lumo Office 20": 0.62, "Lumo One bean-to-cup": 0.53, "Lumo Office 50": 0.40,
    "Mola 65 grinder": 0.28, "Mola 80 on demand": 0.23, "Mola Silent 90": 0.18,
}  # fmt: skip


@pytest.fixture(scope="module")
def records(firm):
    with reading(SYSTEM) as session:
        return load(session, now=now())


@pytest.fixture(scope="module")
def searched(records):
    """Ratios by what they compare, and each running unit's chance of failure within 90 days.

    Weibull proportional hazards by a general search; the likelihood is written anew from its definition.
    """
    spells = records.spells("")
    life, model = spells.life, records.groups(spells.lives)[MODEL]
    age = records.numbers(spells.lives)[AGE]
    failures = {name: int(life.observed[model == name].sum()) for name in set(model)}
    named = sorted((name for name, n in failures.items() if n >= FEWEST), key=lambda m: (-failures[m], m))

    def design(age, model):
        # Ages that are not known count as the mean.
        years = np.nan_to_num(age - np.nanmean(records.numbers(spells.lives)[AGE]))
        return np.column_stack([years, *(model == m for m in named[1:]), ~np.isin(model, named)]).astype(
            float
        )

    z, scale = design(age, model), np.median(life.times)

    def worse(theta):
        shape, eta = np.exp(theta[0]), theta[1] + z @ theta[2:]
        log_danger = eta + theta[0] - np.log(scale) + (shape - 1) * np.log(life.times / scale)
        passed = np.exp(eta) * ((life.times / scale) ** shape - (life.entry / scale) ** shape)
        return -(np.where(life.observed, log_danger, 0.0) - passed).sum()

    theta = minimize(worse, np.zeros(2 + z.shape[1]), method="BFGS", options={"gtol": 1e-6}).x
    running = spells.running
    danger = np.exp(
        theta[1] + design(records.numbers(running)[AGE], records.groups(running)[MODEL]) @ theta[2:]
    )
    shape, reached = np.exp(theta[0]), running["age"].to_numpy()
    passed = danger * (((reached + 90) / scale) ** shape - (reached / scale) ** shape)
    ratios = dict(zip(["each year older", *named[1:], "other models"], np.exp(theta[2:]), strict=True))
    return ratios, dict(zip(running["unit"].tolist(), -np.expm1(-passed), strict=True))


def test_the_effects_of_models_are_those_of_a_search_that_leaves_rare_models_to_themselves(records, searched):
    life = records.spells("").life
    assert (life.n, life.failures) == (521, 281)

    effects = study(records, "").choice.effects.effects

    told = {effect_words(effect).removesuffix(" against Lumo Grand 120"): effect.ratio for effect in effects}
    assert told == pytest.approx(searched[0], rel=2e-3)
    assert {name: round(told[name], 2) for name in EXPECTED} == EXPECTED
    assert told["other models"] < 0.1


def test_what_fails_next_rests_on_the_same_columns(records, searched):
    rare = {"Ferra Lever Classic", "Ferra Due two-group", "Ferra Tre three-group"}

    (shared,) = [group for group in groups_of(records, "") if group.product_id is None]

    running, model = shared.running, records.groups(shared.running)[MODEL]
    assert rare <= set(model)
    design = shared.law.design(records.numbers(running), {MODEL: model}, len(running))
    chances = outlook(shared.law, running["age"].to_numpy(), design=design).risks[:, 1]
    assert chances == pytest.approx([searched[1][unit] for unit in running["unit"]], rel=5e-3, abs=1e-4)
