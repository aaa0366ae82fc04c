"""The sample results: played once, then only looked at."""

import pytest

from gridtrader.replay.result import ReplayResult
from tests.report import samples


@pytest.fixture(scope="session")
def calm() -> ReplayResult:
    return samples.calm()


@pytest.fixture(scope="session")
def stopped() -> ReplayResult:
    return samples.stopped()


@pytest.fixture(scope="session")
def liquidated() -> ReplayResult:
    return samples.liquidated()
