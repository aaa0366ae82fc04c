"""The files of an account: state, journal, trades, stop file, metrics, status, and the lock of the directory."""
