"""The pure core: what should stand on the exchange, given what is known. No I/O, no clock, no threads."""
