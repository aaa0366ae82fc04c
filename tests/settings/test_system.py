"""The `system:` section: defaults, hosts, and figures that contradict each other."""

import pytest

from gridtrader.settings import Endpoints
from gridtrader.settings.system import (
    DaemonSettings,
    EngineSettings,
    HostSettings,
    RequestSettings,
    StreamSettings,
    SystemSettings,
)
from tests.settings.files import VALID, Files


def test_the_defaults_are_those_of_the_specification() -> None:
    streams, engine, requests = StreamSettings(), EngineSettings(), RequestSettings()
    assert (streams.silence_s, streams.check_s) == (30, 5)
    assert (streams.private_attempts, streams.public_attempts, streams.public_retry_s) == (3, 10, 60)
    assert (streams.backoff_first_s, streams.backoff_max_s) == (1, 60)
    assert (engine.reconcile_interval_s, engine.confirm_timeout_s, engine.wallet_max_age_s) == (60, 5, 5)
    assert (requests.request_timeout_s, requests.recv_window_ms, requests.attempts) == (10, 5000, 3)
    assert DaemonSettings().shutdown_timeout_s == 10


def test_demo_trades_on_the_mainnet_price_stream() -> None:
    hosts = HostSettings()
    assert hosts.endpoints(demo=False) == Endpoints(
        "https://api.bybit.com", "wss://stream.bybit.com/v5/private", "wss://stream.bybit.com/v5/public/linear"
    )
    assert hosts.endpoints(demo=True) == Endpoints(
        "https://api-demo.bybit.com",
        "wss://stream-demo.bybit.com/v5/private",
        "wss://stream.bybit.com/v5/public/linear",
    )


@pytest.mark.parametrize(
    ("region", "rest", "stream"),
    [
        ("nl", "api.bybit.nl", "stream.bybit.com"),
        ("tr", "api.bybit-tr.com", "stream.bybit-tr.com"),
        ("ge", "api.bybitgeorgia.ge", "stream.bybitgeorgia.ge"),
        ("bytick", "api.bytick.com", "stream.bybit.com"),
    ],
)
def test_a_region_chooses_the_mainnet_hosts(files: Files, region: str, rest: str, stream: str) -> None:
    files.write(f"{VALID}system: {{hosts: {{region: {region}}}}}\n")
    hosts = files.load().system.hosts
    assert hosts.endpoints(demo=False).rest == f"https://{rest}"
    assert hosts.endpoints(demo=False).ws_private == f"wss://{stream}/v5/private"
    assert hosts.endpoints(demo=True).rest == "https://api-demo.bybit.com"


def test_a_single_address_can_be_replaced(files: Files) -> None:
    files.write(f'{VALID}system: {{hosts: {{mainnet: {{rest: "http://127.0.0.1:18080"}}}}}}\n')
    endpoints = files.load().system.hosts.endpoints(demo=False)
    assert endpoints.rest == "http://127.0.0.1:18080"
    assert endpoints.ws_private == "wss://stream.bybit.com/v5/private"


@pytest.mark.parametrize(
    "address",
    [
        "http://api.bybit.com",
        "ftp://127.0.0.1",
        "https://api.bybit.com/v5",
        "https://api.bybit.com/",
        "https://api.bybit.com?x=1",
        "https://user:password@api.bybit.com",
        "https://api.bybit.com:port",
        "https://",
        "api.bybit.com",
        "https://[::1",
        "https://api bybit.com",
    ],
)
def test_keys_travel_encrypted_or_not_at_all(files: Files, address: str) -> None:
    files.write(f'{VALID}system: {{hosts: {{mainnet: {{rest: "{address}"}}}}}}\n')
    lines = files.problems(need_keys=False)
    assert len(lines) == 1
    assert lines[0].endswith("allowed: https://HOST without a path (http:// only for this machine)")


@pytest.mark.parametrize(
    "address", ["http://localhost:1", "http://[::1]:1", "http://127.8.9.1:1", "https://x.example:1"]
)
def test_this_machine_may_be_reached_without_encryption(files: Files, address: str) -> None:
    files.write(f'{VALID}system: {{hosts: {{demo: {{rest: "{address}"}}}}}}\n')
    assert files.load().system.hosts.endpoints(demo=True).rest == address


def test_figures_that_contradict_each_other_are_refused(files: Files) -> None:
    files.write(
        VALID + "system:\n"
        "  streams: {silence_s: 10, ping_interval_s: 10, check_s: 11, backoff_first_s: 5, backoff_max_s: 4}\n"
        "  engine: {mm_refresh_min_s: 20}\n"
    )
    assert files.problems(need_keys=False) == [
        "config.yaml:36: system.streams.ping_interval_s: found 10, allowed: below silence_s, which is 10",
        "config.yaml:36: system.streams.check_s: found 11, allowed: at most silence_s, which is 10",
        "config.yaml:36: system.streams.backoff_first_s: found 5, allowed: at most backoff_max_s, which is 4",
        "config.yaml:37: system.engine.mm_refresh_min_s: found 20, allowed: at most mm_refresh_max_s, which is 15",
    ]


def test_every_system_figure_has_a_default_inside_its_range() -> None:
    SystemSettings.model_validate(SystemSettings().model_dump())


def test_a_time_zone_by_name_is_taken(files: Files) -> None:
    files.write(f"{VALID}system: {{timezone: Europe/Berlin}}\n")
    assert files.load().system.timezone == "Europe/Berlin"


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "Europe", "/etc/localtime"])
def test_what_is_no_time_zone_is_refused(files: Files, name: str) -> None:
    files.write(f'{VALID}system: {{timezone: "{name}"}}\n')
    assert "allowed: local, or a name such as Europe/Berlin" in files.problems(need_keys=False)[0]
