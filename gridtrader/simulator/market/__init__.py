"""Where prices come from: a seeded synthetic market, recorded candles, recorded trades."""
