"""The `accounts:` section: who trades what, with which figures. Percentages are per cent, money is USDT."""

from decimal import Decimal
from typing import Literal

from pydantic import Field

from gridtrader.settings.fields import AccountId, Label, Number, Section, Symbol


class SymbolSettings(Section):
    """How one symbol of one account is traded (S1-S8). No figure here has a default: each of them is money."""

    symbol: Symbol
    leverage: int = Field(ge=1, le=200)
    """The exchange's maximum for the symbol caps it (S1)."""
    initial_position_size_usd: Number = Field(ge=Decimal("0.1"), le=100_000)
    """Margin of level 0, before leverage."""
    grid_step_percent: Number = Field(ge=Decimal("0.01"), le=100)
    """Distance from level to level, in per cent of price."""
    averaging_multiplier: Number = Field(gt=1, le=10)
    """Quantity of a level over that of the level before."""
    take_profit_percent: Number = Field(ge=Decimal("0.01"), le=100)
    """Profit at which a side closes, in per cent of its entry value, net of fees and funding (S7)."""
    max_grid_levels_per_side: int = Field(ge=1, le=50)
    """Averaging levels; level 0 does not count."""

    def ladder_margin(self) -> Decimal:
        """Return the USD of margin that both full ladders take, all levels at the price of level 0."""
        levels = range(self.max_grid_levels_per_side + 1)
        side = sum(
            (self.initial_position_size_usd * self.averaging_multiplier**level for level in levels), Decimal(0)
        )
        return 2 * side


class RiskSettings(Section):
    """Limits of the account as a whole."""

    mm_rate_threshold: Number = Field(default=Decimal(90), ge=0, le=100)
    """Maintenance margin rate, in per cent, at which the account is stopped (R1); 100 is liquidation."""
    balance_buffer_percent: Number = Field(default=Decimal(15), ge=0, le=100)
    """Share of the margin balance that no new level may touch (S6)."""


class AccountSettings(Section):
    """One client. `demo_trading` and `dry_run` have no default: a guess there would be somebody's money."""

    id: AccountId
    """Names the account's folder and its variables in `.env`."""
    name: Label = ""
    """For people; nothing depends on it."""
    enabled: bool = True
    demo_trading: bool
    dry_run: bool
    """No private call is ever made: the account trades on an exchange in this process, at the public prices."""
    risk: RiskSettings = RiskSettings()
    symbols: tuple[SymbolSettings, ...] = Field(min_length=1)
    dry_run_balance_usdt: Number = Field(default=Decimal(10_000), ge=1, le=1_000_000_000)
    """What a dry run begins with; one that has begun keeps what it has. Also the balance of an account on the
    embedded exchange."""
    taker_fee_percent: Number = Field(default=Decimal("0.055"), ge=0, le=1)
    """Used where the exchange does not tell the account's rates: on demo and in a dry run. 0.055 % and 0.02 % are
    Bybit's rates for an account without a VIP level."""
    maker_fee_percent: Number = Field(default=Decimal("0.02"), ge=Decimal("-0.1"), le=1)
    """Negative where the exchange pays for resting orders."""
    take_profit_fee: Literal["taker", "maker"] = "taker"
    """The rate a take-profit reckons with for its own closing. A resting order usually pays the maker rate, but one
    that crosses pays the taker rate, and the net profit is a promise (S7): hence the dearer one."""
    on_emergency_stop: Literal["cancel_opening", "leave"] = "cancel_opening"
    """Whether the resting opening orders are cancelled then (R2); take-profits stay in either case."""

    def needs_keys(self) -> bool:
        """Return whether the account makes private calls: it is enabled and no dry run."""
        return self.enabled and not self.dry_run
