"""The pins are complete: what is installed from them is what they say, and nothing else is needed."""

import re
from importlib.metadata import distribution, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]


def pins(file):
    lines = (ROOT / file).read_text("utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-r"))]


RUNTIME = pins("requirements.txt")
ALL = RUNTIME + pins("requirements-dev.txt")


def needs(pin):
    """What one package needs here, with the extras the pin asks for."""
    for text in requires(pin.name) or []:
        need = Requirement(text)
        if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in {"", *pin.extras}):
            yield need


def test_every_pin_is_exact_and_installed():
    loose = [str(pin) for pin in ALL if not re.fullmatch(r"==[\w.]+", str(pin.specifier))]
    other = [str(pin) for pin in ALL if not pin.specifier.contains(distribution(pin.name).version)]

    assert not loose
    assert not other


@pytest.mark.parametrize("pins", [RUNTIME, ALL], ids=["runtime", "tests"])
def test_whatever_a_package_needs_is_pinned_too(pins):
    pinned = {canonicalize_name(pin.name): pin for pin in pins}

    missing = {
        f"{pin.name} needs {need}"
        for pin in pins
        for need in needs(pin)
        if (found := pinned.get(canonicalize_name(need.name))) is None
        or not need.specifier.contains(str(found.specifier).removeprefix("=="))
    }

    assert not missing
