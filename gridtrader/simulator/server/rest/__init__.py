"""The REST endpoints: each handler is a function from a checked `Call` to an `Answer`."""
