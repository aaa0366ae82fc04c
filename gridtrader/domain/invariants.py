"""What must hold whatever happens; broken, it stops the account rather than trade on (section 9)."""


class BrokenInvariant(Exception):
    """The bot's own logic contradicts itself or the exchange. The message says what was found."""
