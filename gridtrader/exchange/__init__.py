"""The exchange edge: Bybit V5 over pybit, behind the protocols of `gridtrader.engine.ports`.

`retCode`, `positionIdx` and "Buy" exist here and nowhere else. pybit sends, signs and speaks the wire; what decides
whether a connection or an answer can be trusted is ours, because pybit retries, sleeps and dies in silence.
"""
