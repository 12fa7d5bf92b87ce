"""How many calls a write key may send: so many a second, with a stock for bursts.

Each web process counts for itself: a shared count would make all requests of a key wait for one
row. So what a key may send in all is its rate times the number of processes.
"""

import threading
from datetime import datetime
from typing import Final

BURST: Final = 10  # seconds' worth of calls that may come at once

Key = tuple[int, str]


class Pace:
    """Counts calls by key. A batch may overdraw the stock: what follows it waits the longer."""

    def __init__(self) -> None:
        self._stocks: dict[Key, tuple[float, datetime]] = {}
        self._lock = threading.Lock()

    def wait(self, key: Key, rate: int, number: int, now: datetime) -> float:
        """Take `number` calls from the stock; give 0, or for how many seconds there are none."""
        most = float(rate * BURST)
        with self._lock:
            left, since = self._stocks.get(key, (most, now))
            passed = max((now - since).total_seconds(), 0.0)
            left = min(left + passed * rate, most)
            if left <= 0:
                self._stocks[key] = (left, now)
                return (1 - left) / rate
            self._stocks[key] = (left - number, now)
        return 0.0
