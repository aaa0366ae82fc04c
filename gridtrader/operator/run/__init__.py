"""`gridtrader run`: the daemon on Bybit, in dry run or on the embedded exchange, and its live table."""
