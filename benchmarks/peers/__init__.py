"""The comparable strategy in the words of other tools; each module runs alone, with that tool's packages only."""
