"""How long a database that is away is waited for, by what would be lost by giving up. All in seconds."""

from __future__ import annotations

HAND_BACK_SECONDS = 5.0  # a drain has to end soon, and what is not handed back is rescued
RUN_SECONDS = 60.0  # longer than any restart of a database; an abandoned run goes on from its staging folder
PUBLICATION_SECONDS = 300.0  # half of the files may be visible: it is worth waiting to end that in good order
