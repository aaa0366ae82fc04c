"""`gridtrader status`: what each account holds and does, from its files."""
