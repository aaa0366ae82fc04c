"""How the core makes its values: dataclasses that nobody changes once they are made.

Python enforces `frozen` while it builds a value: a call for each field, which makes an order five times as slow to
build as an ordinary object, and the exchange builds little else. So the type checker alone enforces it here (it reads
`value` as `dataclass`, and the tree is checked strictly); while running, the class is plain.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as value
else:
    from dataclasses import dataclass

    def value(*, frozen, slots):
        """Make a dataclass that compares and hashes as a frozen one does."""
        assert frozen, "a value never changes"
        return dataclass(slots=slots, unsafe_hash=True)


__all__ = ["value"]
