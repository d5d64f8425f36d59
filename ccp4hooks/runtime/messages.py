"""Messages between a process and a worker that it has started, over pipes: each begins with its length."""

from __future__ import annotations

from typing import IO

SIZE_BYTES = 8
"""Length of the number before a message, which is the length of the message [byte]."""


def framed(message: bytes) -> bytes:
    """Return a message as it is written."""
    return len(message).to_bytes(SIZE_BYTES, "big") + message


def received(stream: IO[bytes]) -> bytes | None:
    """Read a message, or return None if the other process has ended."""
    size = int.from_bytes(stream.read(SIZE_BYTES), "big")
    message = stream.read(size)
    return message if size and len(message) == size else None
