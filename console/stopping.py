"""Stop when told to: SIGTERM and SIGINT ask, and what runs is finished first."""

import signal
import threading
from types import FrameType


def stop_on_signals() -> threading.Event:
    """Give an event that the first SIGTERM or SIGINT sets; a second one ends the process."""
    stop = threading.Event()
    asked = (signal.SIGTERM, signal.SIGINT)

    def ask(_number: int, _frame: FrameType | None) -> None:
        for number in asked:
            signal.signal(number, signal.SIG_DFL)
        stop.set()

    for number in asked:
        signal.signal(number, ask)
    return stop
