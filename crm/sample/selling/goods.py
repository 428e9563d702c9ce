"""What the sample company sells, what the trade around it looks like, and the words people use for it."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Good:
    """A product, prices in cents; ``pull`` says how often it is reordered, 0 for what deals alone sell."""

    code: str
    name: str
    category: str
    price: int
    cost: int
    pull: float = 0.0


GOODS = (
    Good("BC-110", "Lumo One bean-to-cup", "Bean-to-cup machines", 189_000, 121_000),
    Good("BC-220", "Lumo Office 20", "Bean-to-cup machines", 349_000, 216_000),
    Good("BC-250", "Lumo Office 50", "Bean-to-cup machines", 589_000, 352_000),
    Good("BC-400", "Lumo Grand 120", "Bean-to-cup machines", 1_149_000, 690_000),
    Good("BC-410", "Lumo Grand 120 Milk", "Bean-to-cup machines", 1_329_000, 811_000),
    Good("ES-101", "Ferra Uno espresso", "Espresso machines", 279_000, 176_000),
    Good("ES-202", "Ferra Due two-group", "Espresso machines", 789_000, 489_000),
    Good("ES-303", "Ferra Tre three-group", "Espresso machines", 1_190_000, 726_000),
    Good("ES-310", "Ferra Lever Classic", "Espresso machines", 1_420_000, 909_000),
    Good("GR-065", "Mola 65 grinder", "Grinders", 89_000, 52_000),
    Good("GR-080", "Mola 80 on demand", "Grinders", 139_000, 83_000),
    Good("GR-090", "Mola Silent 90", "Grinders", 189_000, 116_000),
    Good("WA-010", "Water filter cartridge", "Water and accessories", 7_900, 3_300, 6.0),
    Good("WA-020", "Cleaning tablets, 100 pieces", "Water and accessories", 2_490, 820, 9.0),
    Good("WA-021", "Milk system cleaner, 1 l", "Water and accessories", 1_690, 540, 7.0),
    Good("WA-030", "Descaler, 5 l", "Water and accessories", 3_290, 1_180, 3.0),
    Good("WA-040", "Porcelain cups, 12 pieces", "Water and accessories", 5_490, 2_600, 1.6),
    Good("WA-041", "Paper cups, 1,000 pieces", "Water and accessories", 6_890, 4_150, 5.0),
    Good("WA-050", "Knock box", "Water and accessories", 4_590, 1_900, 0.5),
    Good("WA-060", "Barista jug set", "Water and accessories", 3_890, 1_450, 0.5),
    Good("EB-001", "House espresso, 6 × 1 kg", "Espresso beans", 11_940, 7_400, 16.0),
    Good("EB-002", "Harbour blend, 6 × 1 kg", "Espresso beans", 13_140, 7_950, 12.0),
    Good("EB-003", "Organic fair, 6 × 1 kg", "Espresso beans", 15_540, 9_800, 11.0),
    Good("EB-004", "Monte Oscuro, 6 × 1 kg", "Espresso beans", 12_540, 7_600, 8.0),
    Good("EB-005", "Decaf Colombia, 6 × 1 kg", "Espresso beans", 16_140, 10_300, 4.0),
    Good("EB-006", "Single origin Yirgacheffe, 6 × 1 kg", "Espresso beans", 20_340, 13_100, 3.0),
    Good("FC-001", "Office filter, 10 × 500 g", "Filter coffee", 8_900, 5_350, 7.0),
    Good("FC-002", "Breakfast filter, 10 × 500 g", "Filter coffee", 7_900, 4_900, 5.0),
    Good("FC-003", "Light roast Kenya, 10 × 500 g", "Filter coffee", 11_900, 7_600, 2.0),
    Good("MC-001", "Barista oat drink, 12 × 1 l", "Milk and chocolate", 2_790, 1_850, 9.0),
    Good("MC-002", "Milk powder, 10 × 500 g", "Milk and chocolate", 4_990, 3_200, 4.0),
    Good("MC-003", "Drinking chocolate, 10 × 1 kg", "Milk and chocolate", 6_490, 3_900, 4.0),
    Good("MC-004", "Chai latte, 6 × 1 kg", "Milk and chocolate", 7_190, 4_300, 1.5),
    Good("SV-012", "Service contract Basic, 1 year", "Service contracts", 34_900, 15_800),
    Good("SV-024", "Service contract Comfort, 1 year", "Service contracts", 69_900, 32_000),
    Good("SV-036", "Service contract Premium 24/7, 1 year", "Service contracts", 149_000, 74_000),
    Good("SV-040", "Rental of a loan machine, month", "Service contracts", 12_900, 5_200),
    Good("TR-001", "Barista training, half a day", "Training", 39_000, 17_500),
    Good("TR-002", "Barista training, two days", "Training", 118_000, 52_000),
    Good("BC-090", "Lumo Pocket (discontinued)", "Bean-to-cup machines", 119_000, 84_000),
)

#: Sector, share of customers, employees from and to, what its machines come from.
SECTORS = (
    ("Office", 0.36, 12, 900, "Bean-to-cup machines"),
    ("Café", 0.26, 2, 40, "Espresso machines"),
    ("Hotel", 0.16, 15, 380, "Espresso machines"),
    ("Trade and industry", 0.11, 30, 2400, "Bean-to-cup machines"),
    ("Hospital", 0.06, 120, 5200, "Bean-to-cup machines"),
    ("School", 0.05, 25, 1800, "Bean-to-cup machines"),
)

#: Source, share, and how much better (logits) its deals are won.
SOURCES = (
    ("Referral", 0.18, 0.75),
    ("Web enquiry", 0.28, 0.05),
    ("Trade fair", 0.14, -0.2),
    ("Existing customer", 0.16, 0.6),
    ("Cold call", 0.13, -0.8),
    ("Partner", 0.07, 0.3),
    ("Campaign", 0.04, -0.35),
)
#: The place of what campaigns brought in ``SOURCES``.
CAMPAIGN_SOURCE = 6

COMPETITORS = ("Barisio", "Caffé Nova", "Schwarzmahl", "OfficeBean", "Royal Roast", "Tassimax Pro")
LOSS_WEIGHTS = (0.3, 0.24, 0.14, 0.12, 0.12, 0.08)

#: Share of the year's sales by month: a dip in December and summer, a peak in September.
SEASON = (0.93, 0.97, 1.06, 1.02, 1.04, 0.98, 0.84, 0.86, 1.36, 1.16, 1.06, 0.72)

JOB_TITLES = {
    "Office": (
        "Office manager",
        "Head of facilities",
        "Managing director",
        "Purchasing",
        "Assistant to the board",
    ),
    "Café": ("Owner", "Head barista", "Shift lead", "Managing partner", "Bookkeeping"),
    "Hotel": (
        "Food and beverage manager",
        "Hotel director",
        "Purchasing",
        "Head of service",
        "Breakfast chef",
    ),
    "Trade and industry": (
        "Purchasing",
        "Head of facilities",
        "Works council",
        "Plant manager",
        "Managing director",
    ),
    "Hospital": (
        "Head of catering",
        "Purchasing",
        "Head of nursing",
        "Facility management",
        "Administration",
    ),
    "School": ("Canteen manager", "Administration", "Headteacher", "Caretaker", "Student services"),
}

NEXT_STEPS = {
    "Qualification": (
        "Call to hear who decides",
        "Send the brochure",
        "Ask for cups a day",
        "Arrange a first visit",
    ),
    "Needs and demo": (
        "Tasting on site",
        "Set up the demo machine",
        "Send the site survey",
        "Show the milk system",
    ),
    "Offer sent": (
        "Follow up on the offer",
        "Explain the rental option",
        "Revise quantities",
        "Send references",
    ),
    "Negotiation": (
        "Agree on delivery date",
        "Answer the legal department",
        "Final price with the director",
        "Send the contract",
    ),
}

TAGS = ("fair trade", "rental", "multi-site", "reference", "late payer", "pilot", "framework contract")
