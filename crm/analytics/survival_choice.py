"""Which law answers for a group of units: the Weibull by itself, or with the effects of age and model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from numpy.typing import ArrayLike

from crm.analytics.survival import LifeData
from crm.analytics.survival_fit import DOUBT, NoFit, WeibullFit, fit_life
from crm.analytics.survival_hazards import HazardFit, fit_hazards
from crm.i18n import _


@dataclass(frozen=True, slots=True)
class Choice:
    """What was fitted to a group: without and with covariates, and which of the two answers."""

    plain: WeibullFit | NoFit
    effects: HazardFit | NoFit

    @property
    def law(self) -> WeibullFit | HazardFit | NoFit:
        """The law that answers: with covariates where they are beyond doubt and lower AIC."""
        plain, effects = self.plain, self.effects
        if isinstance(plain, NoFit) or isinstance(effects, NoFit):
            return plain
        return effects if effects.p_value < DOUBT and effects.aic < plain.aic else plain

    @property
    def why(self) -> str:
        """In a sentence or two, what answers and why."""
        plain, effects = self.plain, self.effects
        if isinstance(plain, NoFit) or isinstance(effects, NoFit):
            return plain.note
        what = _(" and ").join(covariates(effects))
        if self.law is effects:
            text = _("Weibull with the effects of {what}: AIC {better:,.1f} against {plain:,.1f} without.")
            return text.format(what=what, better=effects.aic, plain=plain.aic)
        text = _("{plain} Effects of {what} are not supported (p {p:.2g}).")
        return text.format(plain=plain.note, what=what, p=effects.p_value)


def covariates(fit: HazardFit | NoFit) -> list[str]:
    """The names of what a law takes into account."""
    return [] if isinstance(fit, NoFit) else list(dict.fromkeys(_(c.covariate) for c in fit.columns))


def choose(
    life: LifeData,
    *,
    numbers: Mapping[str, ArrayLike] | None = None,
    groups: Mapping[str, ArrayLike] | None = None,
) -> Choice:
    """Fit a group of lives without and with what is known of the units; parameters as in ``fit_hazards``."""
    plain = fit_life(life)
    return Choice(plain, fit_hazards(life, numbers=numbers, groups=groups, plain=plain))
