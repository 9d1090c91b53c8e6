"""The second half of P6: what is in staging gets its hash and is made durable."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from yt_videos_api.services.beside import Sidecar
from yt_videos_api.services.publish import StagedFile
from yt_videos_api.storage.hashing import sha256_of, sync_file


def seal(folder: Path, files: Sequence[Sidecar]) -> tuple[StagedFile, ...]:
    """Hash and sync `files` in `folder`, into which nobody writes any more; reading and writing back go side by side.

    Raises DownloadFailure.
    """
    paths = [folder / file.name for file in files]
    with ThreadPoolExecutor(1) as pool:
        synced = [pool.submit(sync_file, path) for path in paths]
        hashes = [sha256_of(path) for path in paths]
        for future in synced:
            future.result()
    return tuple(
        StagedFile(file.kind, file.name, size, digest, file.suffix, file.language)
        for file, (digest, size) in zip(files, hashes, strict=True)
    )
