"""`gridtrader replay`: what a configuration would have done on recorded prices."""
