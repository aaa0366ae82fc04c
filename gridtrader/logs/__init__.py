"""Logs: one folder per account and one for the daemon, by kind and by day, bounded, and free of secrets."""

from gridtrader.logs.daemon import DaemonLogs
from gridtrader.logs.folder import FolderLogs as AccountLogs
from gridtrader.logs.folder import LogBounds
from gridtrader.logs.redact import Redactor, mask_key

__all__ = ["AccountLogs", "DaemonLogs", "LogBounds", "Redactor", "mask_key"]
