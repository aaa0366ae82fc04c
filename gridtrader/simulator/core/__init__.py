"""The exchange without a wire: accounts, matching, margin, funding, liquidation. Pure, deterministic, no I/O."""
