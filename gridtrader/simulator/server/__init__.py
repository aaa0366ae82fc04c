"""Bybit V5 on loopback: REST and WebSocket in front of the pure exchange, one port, one process, one event loop.

Rooms: `auth`, `limits`, `params`, `pages` know the wire's rules; `rows` writes what is known as V5 shows it; `rest`
and `streams` answer; `venue` holds the exchange itself; `faults` and `control` are for tests only.
"""
