"""Many replays at once: a grid of a symbol's settings, each set on each symbol alone, over cores or a cluster."""
