"""Reading a long table ``unique_id, ds, y`` from a CSV file as people and programs write them."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import numpy as np
import pandas as pd

from crm.errors import NotFound, Refused
from crm.forecasting.series.frequency import Dates
from crm.forecasting.series.series import to_dates
from crm.i18n import _

COLUMNS = ("unique_id", "ds", "y")
SEPARATORS = ",;\t|"
BLANK = {"", "na", "nan", "null", "none", "n/a", "-"}

_ISO = re.compile(r"\d{4}(-\d{2}(-\d{2}([T ]\d{2}(:\d{2}(:\d{2})?)?(\.\d+)?)?)?)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})?")
_QUARTER = re.compile(r"(\d{4})[- ]?[qQ]([1-4])")
_MONTH = re.compile(r"(\d{4})[- ]?[mM/.](\d{1,2})")
_PARTS = re.compile(r"(\d{1,2})([./-])(\d{1,2})[./-](\d{4}|\d{2})")


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise NotFound(_("The file {path} is not there.").format(path=path)) from None
    except OSError as problem:
        raise Refused(
            _("The file {path} cannot be read: {why}").format(path=path, why=problem.strerror)
        ) from None
    for encoding in ("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "cp1252"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def read(path: Path) -> pd.DataFrame:
    """The table as text: columns unique_id, ds, y, in the order of the file.

    Raises
    ------
    NotFound
        There is no such file.
    Refused
        It is empty or a column is missing; the message names the columns found.
    """
    text = _text(path)
    first = text.lstrip().splitlines()[:1]
    if not first:
        raise Refused(
            _("The file {path} is empty. It needs the columns unique_id, ds and y.").format(path=path)
        )
    separator = max(SEPARATORS, key=first[0].count)
    lines = io.StringIO(text.lstrip(), newline="")
    rows = [row for row in csv.reader(lines, delimiter=separator, skipinitialspace=True) if row]
    header = [name.strip().lower() for name in rows[0]]
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        message = _("The file has no column {missing}. It has: {found}.")
        raise Refused(message.format(missing=", ".join(missing), found=", ".join(rows[0])))
    places = [header.index(name) for name in COLUMNS]
    cells = [[row[place].strip() if place < len(row) else "" for place in places] for row in rows[1:]]
    return pd.DataFrame(cells, columns=list(COLUMNS), dtype=object)


def numbers(cells: pd.Series) -> pd.Series:
    """Cells as numbers, NaN where blank or unreadable; understands 1,234.5 and 1.234,5 and currency signs."""
    found = pd.to_numeric(cells, errors="coerce").astype(np.float64)
    odd = found.isna() & ~cells.str.lower().isin(BLANK)
    return found.where(~odd, cells.where(odd, "").map(_number))


def _number(cell: str) -> float:
    negative = cell.startswith("(") and cell.endswith(")")
    kept = re.sub(r"[^\d.,eE+-]", "", cell)
    if "," in kept and "." in kept:
        thousands = "," if kept.rindex(".") > kept.rindex(",") else "."
        kept = kept.replace(thousands, "").replace(",", ".")
    elif re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+", kept):
        kept = kept.replace(",", "")
    elif re.fullmatch(r"[+-]?\d{1,3}(\.\d{3}){2,}", kept):
        kept = kept.replace(".", "")
    else:
        kept = kept.replace(",", ".")
    try:
        value = float(kept)
    except ValueError:
        return float("nan")
    return -value if negative else value


def dates(cells: pd.Series) -> Dates:
    """Cells as dates, NaT where unreadable; the order of day and month is decided by the whole column."""
    texts = cells.astype(str).str.strip()
    unique = texts.unique()
    known = dict(zip(unique, _dates(list(unique)), strict=True))
    return np.array([known[text] for text in texts], dtype="datetime64[s]")


def _dates(texts: list[str]) -> Dates:
    day_first = _day_first(texts)
    out = np.full(len(texts), np.datetime64("NaT"), dtype="datetime64[s]")
    others = []
    for place, text in enumerate(texts):
        iso = _as_iso(text, day_first=day_first)
        try:
            if iso is not None:
                out[place] = np.datetime64(iso, "s")
                continue
        except ValueError:
            continue
        others.append(place)
    if others:
        out[others] = to_dates(pd.Index([texts[place] for place in others]))
    return out


def _as_iso(text: str, *, day_first: bool) -> str | None:
    if _ISO.fullmatch(text):
        return text
    if found := _COMPACT.fullmatch(text):
        return "-".join(part for part in found.groups() if part)
    if found := _QUARTER.fullmatch(text):
        return f"{found[1]}-{3 * int(found[2]) - 2:02d}"
    if found := _MONTH.fullmatch(text):
        return f"{found[1]}-{int(found[2]):02d}"
    if found := _PARTS.fullmatch(text):
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        day, month = (first, second) if day_first else (second, first)
        if len(found[4]) == 2:
            year += 1900 if year >= 69 else 2000
        return f"{year:04d}-{month:02d}-{day:02d}"
    return None


def _day_first(texts: list[str]) -> bool:
    """Which of two small numbers is the day: one above 12, or the one that never changes, is."""
    parts = [(int(found[1]), int(found[3]), found[2]) for text in texts if (found := _PARTS.fullmatch(text))]
    if not parts:
        return False
    first, second = {part[0] for part in parts}, {part[1] for part in parts}
    if max(first) > 12 or max(second) > 12:
        return max(first) > 12
    if (len(first) == 1) != (len(second) == 1):
        return len(first) == 1
    return parts[0][2] != "/"
