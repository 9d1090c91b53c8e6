"""What a response carries: bytes with a known size that can be read from any position, and ways to spoil them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

# Large enough that Python is not what limits a big transfer (measured over TLS: 16 KiB 1.2, 64 KiB 1.6, 256 KiB
# and more 1.7 GB/s).
BLOCK_BYTES = 256 * 1024

Block = bytes | memoryview


class Body(Protocol):
    """Bytes that can be read again and again, by several threads at once."""

    @property
    def size(self) -> int | None:
        """In bytes; None: it never ends."""

    def blocks(self, start: int, stop: int | None) -> Iterator[Block]:
        """The bytes from `start` to before `stop`. A block is only valid until the next one is asked for."""


@dataclass(frozen=True, slots=True)
class Bytes:
    """A small body, in memory."""

    content: bytes

    @property
    def size(self) -> int:
        return len(self.content)

    def blocks(self, start: int, stop: int | None) -> Iterator[Block]:
        view = memoryview(self.content)[start:stop]
        for at in range(0, len(view), BLOCK_BYTES):
            yield view[at : at + BLOCK_BYTES]


EMPTY = Bytes(b"")


@dataclass(frozen=True, slots=True)
class File:
    """A file on disk."""

    path: Path

    @property
    def size(self) -> int:
        return self.path.stat().st_size

    def blocks(self, start: int, stop: int | None) -> Iterator[Block]:
        left = (self.size if stop is None else stop) - start
        buffer = memoryview(bytearray(min(BLOCK_BYTES, max(left, 0))))
        with self.path.open("rb", buffering=0) as file:
            file.seek(start)
            while left > 0 and (count := file.readinto(buffer[:left])):
                left -= count
                yield buffer[:count]


@dataclass(frozen=True, slots=True)
class Shortened:
    """The first `length` bytes of a body, passed off as the whole."""

    whole: Body
    length: int

    @property
    def size(self) -> int:
        known = self.whole.size
        return self.length if known is None else min(self.length, known)

    def blocks(self, start: int, stop: int | None) -> Iterator[Block]:
        return self.whole.blocks(start, self.size if stop is None else min(stop, self.size))


@dataclass(frozen=True, slots=True)
class Flipped:
    """A body in which every byte of a region is another one, of the same size."""

    whole: Body
    start: int
    length: int
    mask: int = 0xA5  # 1 to 255: what each byte is xor-ed with

    @property
    def size(self) -> int | None:
        return self.whole.size

    def blocks(self, start: int, stop: int | None) -> Iterator[Block]:
        table = bytes(byte ^ self.mask for byte in range(256))
        at = start
        for block in self.whole.blocks(start, stop):
            first = min(max(self.start - at, 0), len(block))
            last = min(max(self.start + self.length - at, 0), len(block))
            at += len(block)
            yield b"".join((block[:first], bytes(block[first:last]).translate(table), block[last:]))


@dataclass(frozen=True, slots=True)
class Zeros:
    """Nothing but zero bytes."""

    size: int

    def blocks(self, start: int, stop: int | None) -> Iterator[Block]:
        zeros = bytes(BLOCK_BYTES)
        left = (self.size if stop is None else stop) - start
        while left > 0:
            yield zeros[:left]
            left -= BLOCK_BYTES


@dataclass(frozen=True, slots=True)
class Endless:
    """A body over and over, for ever; it cannot be read from the middle."""

    part: Body

    @property
    def size(self) -> None:
        return None

    def blocks(self, start: int, stop: int | None) -> Iterator[Block]:
        while True:
            yield from self.part.blocks(0, self.part.size)
