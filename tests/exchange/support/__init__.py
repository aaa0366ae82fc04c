"""Stub servers, clocks and sinks for the tests of the exchange edge."""
