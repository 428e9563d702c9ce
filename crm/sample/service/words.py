"""What customers of the sample company write to service, and what they are answered."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Complaint:
    """A case as the customer puts it: ``{unit}`` is the machine, ``{who}`` the first name of whoever asks."""

    kind: str
    subject: str
    text: str
    answer: str
    solution: str


#: By the part that failed.
BY_PART: dict[str, tuple[Complaint, ...]] = {
    "Pump": (
        Complaint(
            "fault",
            "No pressure, coffee runs thin",
            "Since this morning {unit} makes thin coffee and hums louder than usual.",
            "Thank you, {who}. Does the display show E21? Please close the tap and open it again once.",
            "Pump changed, pressure 9 bar.",
        ),
        Complaint(
            "fault",
            "Machine leaks underneath",
            "There is water under {unit}. We put a towel there and switched it off.",
            "Well done switching it off. We come with a new pump; please keep the place in front free.",
            "Seal of the pump was worn, pump changed.",
        ),
    ),
    "Grinder burrs": (
        Complaint(
            "fault",
            "Grinder stops mid-dose",
            "The grinder of {unit} stops after about two seconds, with half a dose in the basket.",
            "Thank you, {who}. Does the display show E09? And does it happen with an empty hopper too?",
            "Burrs were worn out; changed and adjusted.",
        ),
        Complaint(
            "fault",
            "Grinder has become loud",
            "{unit} screeches when it grinds. Guests turn their heads.",
            "That sounds like the burrs. A technician brings a new pair.",
            "Burrs changed.",
        ),
    ),
    "Boiler": (
        Complaint(
            "fault",
            "Coffee is only lukewarm",
            "{unit} needs ages to heat up and the coffee is lukewarm.",
            "Thank you. Please leave it off for now; the element may be scaled.",
            "Boiler changed, descaled, water filter set.",
        ),
    ),
    "Milk valve": (
        Complaint(
            "fault",
            "Milk foam comes out in spurts",
            "The milk of {unit} spits and the display shows E14.",
            "Please run the milk rinse twice, {who}. If E14 comes back, we change the valve.",
            "Milk valve changed.",
        ),
        Complaint(
            "fault",
            "No milk at all",
            "{unit} makes coffee but no milk. We rinsed it twice.",
            "Then it is the valve. We come today or tomorrow before ten.",
            "Milk valve stuck, changed.",
        ),
    ),
    "Dosing sensor": (
        Complaint(
            "fault",
            "Doses are uneven",
            "Every third cup of {unit} is half empty. E17 blinks.",
            "E17 points to the dosing sensor. Two are in the van.",
            "Dosing sensor changed.",
        ),
    ),
}
#: Without a failure behind it.
OTHERS: tuple[Complaint, ...] = (
    Complaint(
        "question",
        "How often does the filter have to be changed?",
        "The display of {unit} asks for a new filter again. Is that right after two months?",
        "Your water is hard, {who}, so two months are right. I set the counter to your hardness.",
        "Explained, counter set.",
    ),
    Complaint(
        "request",
        "Second machine for a fair",
        "We need a loan machine for three days next month.",
        "We have a Lumo Office 20 free in that week. Shall I reserve it?",
        "Loan machine reserved.",
    ),
    Complaint(
        "complaint",
        "Invoice shows the wrong address",
        "The last invoice went to our old address again.",
        "I am sorry. The address is corrected and a new invoice is on its way.",
        "Address corrected, invoice sent anew.",
    ),
    Complaint(
        "question",
        "Which cleaner for the milk system?",
        "The old cleaner is no longer in your shop. Which one replaces it?",
        "It is WA-021 now, the dose stays the same.",
        "Product named.",
    ),
    Complaint(
        "complaint",
        "Technician did not come",
        "Your technician was announced for ten and nobody came.",
        "I apologise, {who}. He stood in traffic and nobody called you. He comes tomorrow at eight, free of charge.",
        "Visit made up for, travel not charged.",
    ),
    Complaint(
        "request",
        "Please move our service date",
        "We are closed that week. Can the yearly service be a week later?",
        "Of course, moved by a week.",
        "Date moved.",
    ),
    Complaint(
        "question",
        "Coffee tastes sour",
        "Since the new beans the espresso tastes sour.",
        "Please set the grind two steps finer and tell me how it is.",
        "Grind adjusted by phone.",
    ),
)
CUSTOMER_AGAIN = (
    "Yes, it does. We are open all day, best time is before ten.",
    "We tried that; it is still the same.",
    "Thank you, that helped.",
    "With the hopper empty it runs on normally.",
)
NOTES = (
    "Warranty covers part and travel; ordered to the depot.",
    "Third time this year for this machine: ask sales about a newer one.",
    "Customer is annoyed; call before going there.",
    "Spare part is in van 2.",
)
PRAISE = ("Quick and friendly.", "The technician knew at once what was wrong.", "", "", "", "")
BLAME = ("Took too long.", "Nobody called back.", "", "Had to explain it three times.")
