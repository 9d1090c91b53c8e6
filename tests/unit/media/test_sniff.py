"""What a file is, told by its first bytes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.policy import Container
from yt_videos_api.media.container import container_of
from yt_videos_api.media.sniff import Demuxer, sniff

ADTS_FRAME = bytes.fromhex("fff15080017ffc") + bytes(4)  # 11 bytes long by its own header
MP3_FRAME = bytes.fromhex("fffb9000") + bytes(413)  # 128 kbit/s at 44.1 kHz: 417 bytes
ID3_TAG = b"ID3\x04\x00\x00" + bytes((0, 0, 0, 20)) + bytes(20)
EBML_WEBM = bytes.fromhex("1a45dfa387") + bytes.fromhex("428284") + b"webm"
EBML_MATROSKA = bytes.fromhex("1a45dfa38b") + bytes.fromhex("428288") + b"matroska"

MEDIA = {
    "mp4": (b"\x00\x00\x00\x20ftypisom", Demuxer.MOV),
    "quicktime": (b"\x00\x00\x00\x14ftypqt  ", Demuxer.MOV),
    "dash segment": (b"\x00\x00\x00\x18stypmsdh", Demuxer.MOV),
    "mov without ftyp": (b"\x00\x00\x10\x00moov", Demuxer.MOV),
    "webm": (EBML_WEBM, Demuxer.MATROSKA),
    "transport stream": ((b"G" + bytes(187)) * 3, Demuxer.MPEGTS),
    "transport stream of one packet": (b"G" + bytes(187), Demuxer.MPEGTS),
    "flv": (b"FLV\x01\x05", Demuxer.FLV),
    "ogg": (b"OggS\x00", Demuxer.OGG),
    "flac": (b"fLaC\x00", Demuxer.FLAC),
    "flac after a tag": (ID3_TAG + b"fLaC\x00", Demuxer.FLAC),
    "wav": (b"RIFF\x00\x00\x00\x00WAVEfmt ", Demuxer.WAV),
    "adts": (ADTS_FRAME * 2, Demuxer.AAC),
    "adts of an hls playlist": (ID3_TAG + ADTS_FRAME * 2, Demuxer.AAC),
    "mp3": (MP3_FRAME * 2, Demuxer.MP3),
    "mp3 after a tag": (ID3_TAG + MP3_FRAME * 2, Demuxer.MP3),
    "jpeg": (b"\xff\xd8\xff\xe0", Demuxer.JPEG),
    "png": (b"\x89PNG\r\n\x1a\n", Demuxer.PNG),
    "webp": (b"RIFF\x00\x00\x00\x00WEBPVP8 ", Demuxer.WEBP),
    "gif": (b"GIF89a", Demuxer.GIF),
}

OTHERS = {
    "empty": b"",
    "zeros": bytes(5000),
    "web page": b"<!DOCTYPE html><html><body>Sign in</body></html>",
    "playlist": b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
    "playlist of ffmpeg": b"ffconcat version 1.0\nfile /etc/passwd\n",
    "dash manifest": b'<?xml version="1.0"?><MPD></MPD>',
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "subtitles": b"WEBVTT\n\n00:00.000 --> 00:01.000\nhello\n",
    "json": b'{"error": "gone"}',
    "script": b"#!/bin/sh\nexit 0\n",
    "avi": b"RIFF\x00\x00\x00\x00AVI LIST",
    "avif": b"\x00\x00\x00\x20ftypavif",
    "a word that starts with G": b"Gone away, sorry. " * 30,
    "one adts frame and then text": ADTS_FRAME + b"and then something else that is no frame",
    "one mp3 frame and then text": MP3_FRAME + b"and then something else",
}


@pytest.mark.parametrize("kind", MEDIA)
def test_media_is_known_by_its_bytes_whatever_its_name(tmp_path: Path, kind: str) -> None:
    content, demuxer = MEDIA[kind]
    path = tmp_path / "page.html"
    path.write_bytes(content)
    assert sniff(path) is demuxer


@pytest.mark.parametrize("kind", OTHERS)
def test_everything_else_is_refused_whatever_its_name(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "video.mp4"
    path.write_bytes(OTHERS[kind])
    with pytest.raises(DownloadFailure) as refused:
        sniff(path)
    assert refused.value.code == "not_media"


@given(st.text())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_is_taken_for_a_playlist_or_any_video_but_by_a_magic_word(tmp_path: Path, text: str) -> None:
    path = tmp_path / "video.mp4"
    path.write_bytes(b"#EXTM3U\n" + text.encode())
    with pytest.raises(DownloadFailure):
        sniff(path)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real.mp4").write_bytes(MEDIA["mp4"][0])
    (tmp_path / "link.mp4").symlink_to("real.mp4")
    with pytest.raises(DownloadFailure) as refused:
        sniff(tmp_path / "link.mp4")
    assert refused.value.code == "not_media"


def test_a_pipe_neither_hangs_nor_passes(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(DownloadFailure, match="regular"):
        sniff(tmp_path / "pipe.mp4")


@pytest.mark.parametrize(
    ("content", "container"),
    [
        (EBML_WEBM, Container.WEBM),
        (EBML_MATROSKA, Container.MKV),
        (b"\x00\x00\x00\x20ftypisom", Container.MP4),
        (b"\x00\x00\x00\x20ftypM4A ", Container.M4A),
        (b"\x00\x00\x00\x20ftypdash", Container.MP4),
        (b"OggS" + bytes(24) + b"OpusHead", Container.OPUS),
        (b"OggS" + bytes(24) + b"\x01vorbis", None),
        (MP3_FRAME * 2, Container.MP3),
        (b"fLaC\x00", Container.FLAC),
        (b"\x00\x00\x00\x14ftypqt  ", None),
        ((b"G" + bytes(187)) * 3, None),
        (bytes.fromhex("1a45dfa380"), None),
    ],
)
def test_a_container_is_what_the_file_declares(tmp_path: Path, content: bytes, container: Container | None) -> None:
    path = tmp_path / "file.webm"
    path.write_bytes(content)
    assert container_of(path) is container
