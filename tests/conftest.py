"""How property tests are run: the same examples each time, so that red is red again; `explore` seeks new ones.

make unit ARGS="--hypothesis-profile=explore tests/domain"
"""

from hypothesis import HealthCheck, settings

settings.register_profile("suite", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("explore", max_examples=2_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")
