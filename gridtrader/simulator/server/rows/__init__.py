"""How V5 shows orders, fills, positions, money and markets: one function per kind of row, every key of the wire."""
