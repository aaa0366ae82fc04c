"""The laws of section 9, checked against the exchange's own books - never against what the bot believes.

Written a second time on purpose: of the trading side it uses only the order names. Numbers are fractions, so that no
rounding of ours can agree with a rounding of theirs.
"""
