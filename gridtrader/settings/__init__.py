"""Configuration: `config.yaml` and `.env`, validated as a whole before anything starts (spec section 8)."""

from gridtrader.settings.accounts import AccountSettings, RiskSettings, SymbolSettings
from gridtrader.settings.env import ApiKeys
from gridtrader.settings.load import Settings, load_settings
from gridtrader.settings.problems import Problem, SettingsError
from gridtrader.settings.system import Endpoints, SystemSettings

__all__ = [
    "AccountSettings",
    "ApiKeys",
    "Endpoints",
    "Problem",
    "RiskSettings",
    "Settings",
    "SettingsError",
    "SymbolSettings",
    "SystemSettings",
    "load_settings",
]
