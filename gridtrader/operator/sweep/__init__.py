"""`gridtrader sweep`: many parameter sets over recorded prices, as a table."""
