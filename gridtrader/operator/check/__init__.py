"""`gridtrader check`: the configuration, and with `--online` the exchange, before anything is traded."""
