"""A card says what an entity looks like: its list, form, page, number and place in Find and Add.

The model says what a field *is* (``info``); the card says where it stands. Lists of names are written as one text with
blanks between them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One entity on every generic screen.

    Parameters
    ----------
    model : mapped class
        Its name in snake case names the entity in addresses, profiles and the API.
    number : str
        The letter before numbers that the program gives, as ``C`` in ``C-1041``.
    list, pill, sort : str
        Columns of the list; the CHOICE field whose values stand as pills; the field it is sorted by at first, with a minus
        for the newest first.
    find : str
        Fields that tell a hit of Find apart; blank keeps the entity out of Find.
    add : str
        The few fields that Add asks for from anywhere; blank keeps the entity out of Add.
    form, more, later : str
        Fields shown at once, those behind "More fields", and those of a record that is already there.
    facts : str
        Fields of the card "About" on its page.
    beside : str
        Entities on whose pages a card lists the records that point there.
    screen, page : str
        The screens of its list and of one record, as in the address.
    menu : str
        The section of the menu, or the screen beside which it stands, of a list and page that this card alone describes;
        blank where there are special screens.
    empty : str
        What stands in an empty list.
    avatars : bool
        Initials stand before the name.
    open_while_blank : str
        A DATETIME field that ends a record: while it is blank the record is open.
    over, due : str
        Values of ``pill`` that end a record; the field that says by when it should be done.
    is_small : bool
        Others link to it by name; it has no list, form or import of its own.
    named : bool
        One may be made of its name alone, where a form asks for one and a name is typed that nobody bears.
    """

    model: type[Any]
    number: str = ""
    list: str = ""
    pill: str = ""
    sort: str = ""
    find: str = ""
    add: str = ""
    form: str = ""
    more: str = ""
    later: str = ""
    facts: str = ""
    beside: str = ""
    screen: str = ""
    page: str = ""
    menu: str = ""
    empty: str = ""
    avatars: bool = False
    open_while_blank: str = ""
    over: str = ""
    due: str = ""
    is_small: bool = False
    named: bool = False

    @property
    def name(self) -> str:
        """The entity's name: ``work_order`` for ``WorkOrder``."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", self.model.__name__).lower()

    @property
    def rights(self) -> str:
        """The name under which rights are granted; it stands at the model, because the scope of rows reads it there."""
        return str(self.model.__entity__)

    def names(self, *parts: str) -> tuple[str, ...]:
        """The field names of some parts, ``names("form", "more")``, each once."""
        return tuple(dict.fromkeys(name for part in parts for name in getattr(self, part).split()))

    def check(self) -> None:
        """Compare the card with its model.

        Raises
        ------
        ValueError
            A name that is no field of the model, with the part of the card in which it stands.
        """
        known = {c.key for c in self.model.__mapper__.column_attrs if "kind" in c.columns[0].info}
        parts = ("list", "pill", "find", "add", "form", "more", "later", "facts", "open_while_blank", "due")
        named = [(part, name) for part in parts for name in self.names(part)]
        named += [("sort", self.sort.removeprefix("-"))] if self.sort else []
        if wrong := [f"{part}: {name}" for part, name in named if name not in known]:
            raise ValueError(
                f"The card of {self.model.__name__} names what is no field of it: {', '.join(wrong)}. "
                f"Fields: {', '.join(sorted(known))}."
            )
        if twice := set(self.names("form")) & set(self.names("more", "later")):
            raise ValueError(
                f"The card of {self.model.__name__} asks twice for {', '.join(sorted(twice))}: "
                "once in form, once in more or later."
            )
