"""The command `yt-videos`: every subcommand is a few lines that call one service."""

from yt_videos_api.cli.app import main

__all__ = ["main"]
