"""One account's engine: it keeps what is known, asks the pure core what should stand, and sends the difference."""
