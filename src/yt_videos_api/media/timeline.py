"""The time line of one stream: gathered packet by packet in constant memory, then searched for holes."""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction

# B-frames come up to 16 packets away from their place; packets are put in order of showing within this many.
_REORDER_PACKETS = 32
_HOLE_SECONDS = Fraction(1, 2)
# A stream whose steps are this alike has a beat; only then is a pause a hole. Screen recordings and slide shows hold a
# picture for as long as nothing moves, and speech codecs send nothing in silence: their pauses are honest.
_ALIKE_SHARE = Fraction(95, 100)
_ALIKE_TIMES = (Fraction(1, 2), Fraction(3, 2))
# Pauses more frequent than this are the nature of the stream, not missing pieces.
_FEW_HOLES = 3
_FEW_HOLES_SHARE = Fraction(1, 100)


@dataclass(slots=True)
class TimeLine:
    """Moments in ticks of the stream's time base."""

    packets: int = 0
    untimed: int = 0  # packets without any timestamp
    start: int | None = None
    last: int | None = None  # the latest moment something is shown
    end: int | None = None  # when it is over, by its own duration
    played: int = 0  # as long as all packets last together
    steps: Counter[int] = field(default_factory=Counter)  # from one packet to the next, in order of showing
    steps_to_key: Counter[int] = field(default_factory=Counter)  # those that lead to a key frame
    _window: list[tuple[int, bool]] = field(default_factory=list)
    _shown_at: int | None = None

    def add(self, shown_at: int | None, duration: int, *, key: bool) -> None:
        """One more packet, in order of decoding; `duration` is 0 when unknown."""
        self.packets += 1
        self.played += duration
        if shown_at is None:
            self.untimed += 1
            return
        self.start = shown_at if self.start is None else min(self.start, shown_at)
        if self.last is None or shown_at >= self.last:
            self.last, self.end = shown_at, shown_at + duration
        heapq.heappush(self._window, (shown_at, key))
        if len(self._window) > _REORDER_PACKETS:
            self._step()

    def finish(self) -> None:
        """There are no more packets."""
        while self._window:
            self._step()

    def _step(self) -> None:
        shown_at, key = heapq.heappop(self._window)
        if self._shown_at is not None and shown_at > self._shown_at:
            self.steps[shown_at - self._shown_at] += 1
            if key:
                self.steps_to_key[shown_at - self._shown_at] += 1
        self._shown_at = shown_at

    def usual_step(self) -> int:
        """The median step; 0 with fewer than two packets."""
        middle = self.steps.total() // 2
        for step, count in sorted(self.steps.items()):
            middle -= count
            if middle < 0:
                return step
        return 0

    def longest_step(self) -> int:
        """The longest anything stays before the next comes; 0 with fewer than two packets."""
        return max(self.steps, default=0)


def find_hole(line: TimeLine, tick_seconds: Fraction) -> float | None:
    """Length in seconds of the longest hole; None when the line has no beat or no hole.

    A hole is a step longer than the usual one by half a second, and it ends with a key frame: what a site sends in
    pieces starts each piece with one, while a held picture mostly goes on with a difference picture.
    """
    usual = line.usual_step()
    limit = usual + _HOLE_SECONDS / tick_seconds
    holes = {step: count for step, count in line.steps_to_key.items() if step > limit}
    if not holes or not _has_beat(line, usual, limit):
        return None
    return float(max(holes) * tick_seconds)


def _has_beat(line: TimeLine, usual: int, limit: Fraction) -> bool:
    low, high = usual * _ALIKE_TIMES[0], usual * _ALIKE_TIMES[1]
    total = alike = pauses = 0
    for step, count in line.steps.items():
        total += count
        alike += count if low <= step <= high else 0
        pauses += count if step > limit else 0
    few = max(Fraction(_FEW_HOLES), total * _FEW_HOLES_SHARE)
    return pauses <= few and alike >= (total - pauses) * _ALIKE_SHARE
