"""Stop when told to: SIGTERM and SIGINT ask, and what runs is finished first."""

import signal
import socket
import threading
from types import FrameType

ASKED = (signal.SIGTERM, signal.SIGINT)


def stop_on_signals() -> threading.Event:
    """Give an event that the first SIGTERM or SIGINT sets; a second one ends the process.

    The event is set by a thread of its own, which a byte from the interpreter wakes. A handler
    runs inside the main thread: one that set the event while the main thread was about to wait
    for it would wait for ever for the event's own lock.
    """
    stop = threading.Event()
    heard, told = socket.socketpair()
    told.setblocking(False)
    signal.set_wakeup_fd(told.fileno())

    def listen() -> None:
        with heard, told:
            heard.recv(1)
            stop.set()
            process_over.wait()

    process_over = threading.Event()  # never set: the sockets stay open as long as the process
    for number in ASKED:
        signal.signal(number, _ask_once)
    threading.Thread(target=listen, name="signals", daemon=True).start()
    return stop


def _ask_once(_number: int, _frame: FrameType | None) -> None:
    for number in ASKED:
        signal.signal(number, signal.SIG_DFL)
