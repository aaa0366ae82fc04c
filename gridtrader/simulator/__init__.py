"""The embedded exchange: an independent program that speaks Bybit V5 on loopback.

It imports nothing of the trading side, so that the two cannot agree by sharing a mistake; an import contract
enforces that. `core` is pure and deterministic, `market` makes or reads prices, `server` puts both behind V5's
REST and WebSocket wire.
"""
