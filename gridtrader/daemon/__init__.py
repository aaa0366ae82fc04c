"""One account as a running thing: its thread, its client, its streams, its files and logs, put together."""
