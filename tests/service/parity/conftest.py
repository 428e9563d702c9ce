"""Every row is sent at one moment, so that what came of it can be compared."""

import pytest
import time_machine

from tests.service.parity.roads import NOW


@pytest.fixture
def frozen():
    with time_machine.travel(NOW, tick=False):
        yield
