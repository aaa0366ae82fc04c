"""The bot over recorded prices: the engine that trades live against the matching, margin and funding of the embedded
exchange, in one process and without time between cause and effect."""
