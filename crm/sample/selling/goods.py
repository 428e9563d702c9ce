"""What the sample company sells, what the trade around it looks like, and the words people use for it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from crm.sample.written import written

FIRM = "Brew & Berg"
FIRM_DOMAIN = "brewandberg.example"

#: Category and the one above it.
CATEGORIES = (
    ("Equipment", None),
    ("Coffee", None),
    ("Service", None),
    ("Bean-to-cup machines", "Equipment"),
    ("Espresso machines", "Equipment"),
    ("Grinders", "Equipment"),
    ("Water and accessories", "Equipment"),
    ("Espresso beans", "Coffee"),
    ("Filter coffee", "Coffee"),
    ("Milk and chocolate", "Coffee"),
    ("Service contracts", "Service"),
    ("Training", "Service"),
)


class Good(NamedTuple):
    """A product, prices in cents; ``pull`` says how often it is reordered, 0 for what deals alone sell."""

    code: str
    name: str
    category: str
    price: int
    cost: int
    pull: float


GOODS = written("trade", "goods", tuple[Good, ...])


def places_of(category: str) -> npt.NDArray[np.int64]:
    """The places in ``GOODS`` of what is still sold of a category."""
    return np.array(
        [at for at, g in enumerate(GOODS) if g.category == category and "discontinued" not in g.name]
    )


#: Sector, share of customers, employees from and to, what its machines come from.
SECTORS = written("trade", "sectors", tuple[tuple[str, float, int, int, str], ...])
#: Source, share, and how much better (logits) its deals are won.
SOURCES = written("trade", "sources", tuple[tuple[str, float, float], ...])
#: The place of what campaigns brought in ``SOURCES``.
CAMPAIGN_SOURCE = 6

COMPETITORS = written("trade", "competitors", tuple[str, ...])
LOSS_WEIGHTS = (0.3, 0.24, 0.14, 0.12, 0.12, 0.08)

#: Share of the year's sales by month: a dip in December and summer, a peak in September.
SEASON = (0.93, 0.97, 1.06, 1.02, 1.04, 0.98, 0.84, 0.86, 1.36, 1.16, 1.06, 0.72)

#: By sector; the first is that of whoever decides.
JOB_TITLES = written("trade", "job_titles", dict[str, tuple[str, ...]])
#: By stage.
NEXT_STEPS = written("trade", "next_steps", dict[str, tuple[str, ...]])
TAGS = written("trade", "tags", tuple[str, ...])
