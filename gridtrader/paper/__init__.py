"""An account of the embedded exchange's core in the same process: no wire, no delay, nothing that fails."""
