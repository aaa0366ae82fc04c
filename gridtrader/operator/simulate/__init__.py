"""`gridtrader simulate`: the bot in worlds that fail, and every law checked."""
