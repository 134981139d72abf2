"""Free ports on the loopback interface."""

import socket

from postroad.local.errors import LocalCloudError

LOOPBACK = "127.0.0.1"
_LARGEST = 65_535


def free_ports(wanted: tuple[int, ...]) -> tuple[int, ...]:
    """Return one free loopback port for each wanted one: itself where it is free, else any other.

    All are held open together while choosing, so that no port is given twice. Raises LocalCloudError for a
    number that is no port.
    """
    for port in wanted:
        if not 0 <= port <= _LARGEST:
            raise LocalCloudError(f"{port} is no port: name one from 1 to {_LARGEST}")
    held: list[socket.socket] = []
    chosen: list[int] = []
    try:
        for port in wanted:
            holder = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            held.append(holder)
            try:
                holder.bind((LOOPBACK, port))
            except OSError:
                holder.bind((LOOPBACK, 0))
            holder.listen()
            chosen.append(holder.getsockname()[1])
    finally:
        for holder in held:
            holder.close()
    return tuple(chosen)
