"""What a study of wear comes to, in sentences that never claim more than the records allow."""

from __future__ import annotations

from crm.analytics.survival_fit import NoFit, WeibullFit
from crm.analytics.survival_hazards import Effect
from crm.i18n import _
from crm.service.wear.data import MODEL
from crm.service.wear.wear import Study
from crm.service.wear.words import range_words, span_words

#: A law is not followed further than so many times the longest life seen.
_FAR = 3.0


def conclusion(study: Study, part: str) -> str:
    """The finding in one sentence; ``part`` is the part's written name, blank for units as a whole."""
    curve, fit = study.curve, study.choice.plain
    happens = _("need a new {part}").format(part=part) if part else _("fail again")
    if not study.life.failures:
        return _("No failure so far: nothing can be said of wear.")
    if isinstance(fit, WeibullFit) and fit.is_limited and fit.share < 0.5:
        low, high = fit.intervals["share"]
        half = fit.quantile(fit.share / 2)
        text = _(
            "Only about {share:.1%} of the units ({low:.1%} to {high:.1%}) ever {happens}; half of those within {span}."
        )
        return text.format(share=fit.share, low=low, high=high, happens=happens, span=span_words(half or 0.0))  # fmt: skip
    if curve.median is not None:
        span = range_words(curve.median, curve.median_low, curve.median_high)
        return _("Half of the units {happens} within {span}.").format(happens=happens, span=span)
    if (
        isinstance(fit, WeibullFit)
        and (median := fit.median()) is not None
        and median[0] <= _FAR * curve.last
    ):
        text = _(
            "Half of the units will {happens} within {span}, by the Weibull law: records reach to {last} only."
        )
        return text.format(happens=happens, span=range_words(*median), last=span_words(curve.last))
    still = float(curve.survival[-1])
    text = _("{still:.0%} of the units had not failed after {last}: it is too early to say when half will.")
    return text.format(still=still, last=span_words(float(curve.times[-1])))


def ageing(study: Study, part: str) -> str:
    """Whether the danger grows with age, in a sentence; why nothing can be said where there is no law."""
    fit = study.choice.plain
    if isinstance(fit, NoFit):
        return fit.note
    low, high = fit.intervals["beta"]
    shape = _("shape {beta:.2f}, {low:.2f} to {high:.2f}").format(beta=fit.beta, low=low, high=high)
    if not part:
        # A unit is repaired and runs on: what grows is the danger since its last failure.
        if low > 1:
            return _("The danger grows with the time since the last failure ({shape}).").format(shape=shape)
        if high < 1:
            text = _("The danger is highest right after a failure ({shape}): look at what comes back.")
            return text.format(shape=shape)
        return _("A failure is as likely soon after the last one as later ({shape}).").format(shape=shape)
    if low > 1:
        return _("The danger grows with age ({shape}): changing it by plan can pay.").format(shape=shape)
    if high < 1:
        text = _(
            "The danger falls with age ({shape}): these are early faults, and changing it by plan would not help."
        )
        return text.format(shape=shape)
    return _("No sign that the danger changes with age ({shape}).").format(shape=shape)


def effect_words(effect: Effect) -> str:
    """What an effect compares: a year more of age, or a model, or all others, against the one with most failures."""
    if effect.covariate == MODEL:
        model = effect.group or _("other models")
        return _("{model} against {other}").format(model=model, other=effect.against)
    return _("each year older")


def verdict(effect: Effect) -> str:
    """Whether an effect is beyond doubt, in words."""
    text = (
        _("{ratio:.2f} times the danger")
        if effect.low > 1 or effect.high < 1
        else _("{ratio:.2f} times, may be chance")
    )
    return text.format(ratio=effect.ratio)
