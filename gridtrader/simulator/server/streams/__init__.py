"""The WebSocket streams: private events per account, public market data per topic."""
