"""A whole world in one thread, from one seed: the bot's own core, an exchange, a network and a disk that fail.

Nothing sleeps and nothing reads a clock: time is a heap of events (`hub`). Each account's session runs in a fiber
that rests wherever the daemon's thread would block, so the code under test is the code that trades.
"""
