"""The report of a replay: one HTML file that needs nothing else, for looking at and for sending around."""

from gridtrader.report.page import render, write_report

__all__ = ["render", "write_report"]
