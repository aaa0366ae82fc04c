"""How long things were not as they should be, as distributions: exact counts in classes of doubling width."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Distribution:
    """Durations in milliseconds; class k holds those below 2^k."""

    classes: Counter[int] = field(default_factory=Counter)
    count: int = 0
    total_ms: int = 0
    longest_ms: int = 0

    def add(self, duration_ms: int) -> None:
        self.classes[duration_ms.bit_length()] += 1
        self.count += 1
        self.total_ms += duration_ms
        self.longest_ms = max(self.longest_ms, duration_ms)

    def merge(self, other: "Distribution") -> None:
        self.classes.update(other.classes)
        self.count += other.count
        self.total_ms += other.total_ms
        self.longest_ms = max(self.longest_ms, other.longest_ms)

    def quantile(self, share: float) -> int:
        """Return the upper end of the class in which the quantile lies (0 if there is none), in ms."""
        wanted, seen = share * self.count, 0
        for width in sorted(self.classes):
            seen += self.classes[width]
            if seen >= wanted:
                return min(1 << width, self.longest_ms)
        return 0


@dataclass(slots=True)
class Stopwatch:
    """Measures when one thing is wrong."""

    since: int | None = None

    def tell(self, is_wrong: bool, now: int, distribution: Distribution) -> None:
        """Take in how things are now."""
        if is_wrong and self.since is None:
            self.since = now
        elif not is_wrong and self.since is not None:
            distribution.add(now - self.since)
            self.since = None
