"""`gridtrader download`: recorded prices from the exchange's public history."""
