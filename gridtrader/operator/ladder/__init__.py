"""`gridtrader ladder`: a ladder level by level before it trades, and what it needs."""
