"""The operator's commands, a room for each; beside them what several of them use."""
