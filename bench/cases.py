"""What is measured. Every round gets videos nobody has seen before, of the same bytes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from tests.origin import Origin, Recipe, Video, big, two_megabytes


@dataclass(frozen=True)
class Case:
    """Some videos that are asked for at the same moment."""

    name: str
    title: str
    aim: str
    recipes: tuple[Recipe, ...]

    def publish(self, origin: Origin, round_name: str) -> list[str]:
        """Put this round's videos on the origin; their ids."""
        ids = []
        for number, recipe in enumerate(self.recipes):
            seed = f"{self.name} {round_name} {number}".encode()
            video_id = hashlib.sha256(seed).hexdigest()[:11]
            origin.add(Video(video_id, title=f"{self.title} {number}", recipe=recipe))
            ids.append(video_id)
        return ids


CASES = (
    Case(
        "twenty",
        "20 videos of about 2 MB submitted together",
        "0.20 of one process per URL, 1.00 of one process for all",
        tuple(two_megabytes(number) for number in range(20)),
    ),
    Case("large", "One video of about 500 MB", "0.50 of either", (big(),)),
    Case("single", "One small video alone", "under 0.250 s, warm, when the first rung satisfies", (two_megabytes(0),)),
)
