"""What is measured. Every round gets videos nobody has seen before, of the same bytes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

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


def _with_small_premerged(recipe: Recipe) -> Recipe:
    """As on YouTube: the pre-merged file is smaller than the best picture, so that both sides have streams to merge."""
    return replace(recipe, heights=(144, *recipe.heights))


_TWENTY = tuple(_with_small_premerged(two_megabytes(number)) for number in range(20))

CASES = (
    Case(
        "twenty",
        "20 videos of about 2 MB submitted together",
        "0.20 of one process per URL, 1.00 of one process for all",
        _TWENTY,
    ),
    Case("large", "One video of about 500 MB", "0.50 of either", (_with_small_premerged(big()),)),
    Case("single", "One small video alone", "under 0.250 s, warm, when the first rung satisfies", _TWENTY[:1]),
)
