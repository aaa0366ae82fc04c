"""Configurations to break: a valid one, and the ways to change a line of it."""

from pathlib import Path

from gridtrader.settings import Settings, SettingsError, load_settings

VALID = """\
accounts:
  - id: "001"
    name: first
    demo_trading: true
    dry_run: false
    risk:
      mm_rate_threshold: 90.0
      balance_buffer_percent: 15
    symbols:
      - symbol: DOGEUSDT
        leverage: 75
        initial_position_size_usd: 1.0
        grid_step_percent: 1.0
        averaging_multiplier: 2.0
        take_profit_percent: 1.0
        max_grid_levels_per_side: 10
      - symbol: SOLUSDT
        leverage: 10
        initial_position_size_usd: 2
        grid_step_percent: 0.3
        averaging_multiplier: 1.5
        take_profit_percent: 0.25
        max_grid_levels_per_side: 3
  - id: "002"
    demo_trading: false
    dry_run: false
    symbols:
      - symbol: DOGEUSDT
        leverage: 5
        initial_position_size_usd: 1
        grid_step_percent: 2
        averaging_multiplier: 2
        take_profit_percent: 2
        max_grid_levels_per_side: 4
"""

KEYS = {
    "001_BYBIT_API_KEY": "KeyOfTheFirst00001",
    "001_BYBIT_API_SECRET": "SecretOfTheFirstSecretOfTheFirst0001",
    "002_BYBIT_API_KEY": "KeyOfTheSecond0002",
    "002_BYBIT_API_SECRET": "SecretOfTheSecondSecretOfTheSecond02",
}


def env_text(values: dict[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in values.items())


class Files:
    """A configuration and an `.env` in a folder; messages name them `config.yaml` and `.env`."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "config.yaml"
        self.env = folder / ".env"
        self.write(VALID)
        self.write_env(env_text(KEYS))

    def write(self, text: str | bytes) -> None:
        self.config.write_bytes(text.encode() if isinstance(text, str) else text)

    def write_env(self, text: str, mode: int = 0o600) -> None:
        self.env.write_text(text, encoding="utf-8")
        self.env.chmod(mode)

    def change(self, old: str, new: str, *, place: int = 0) -> None:
        """Put `new` for one occurrence of `old` in the valid configuration."""
        parts = VALID.split(old)
        assert len(parts) > place + 1, f"{old!r} does not stand {place + 1} times in the configuration"
        self.write(old.join(parts[: place + 1]) + new + old.join(parts[place + 1 :]))

    def load(self, *, need_keys: bool = True, environ: dict[str, str] | None = None) -> Settings:
        return load_settings(self.config, self.env, need_keys=need_keys, environ=environ or {})

    def problems(self, *, need_keys: bool = True, environ: dict[str, str] | None = None) -> list[str]:
        """Return the lines of the refusal, without the folder; fails if the configuration is taken."""
        try:
            self.load(need_keys=need_keys, environ=environ)
        except SettingsError as error:
            assert str(error).split("\n") == [str(problem) for problem in error.problems]
            return [line.replace(f"{self.config.parent}/", "") for line in str(error).split("\n")]
        raise AssertionError("the configuration was taken")
