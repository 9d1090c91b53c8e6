"""Sound alone: copied where it fits, encoded where not, with tags, chapters and cover, and judged like any video."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mutagen
import pytest
from mutagen.flac import Picture

from tests.integration.media.studio import SECONDS, Studio, facts, part
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.offers import Chapter
from yt_videos_api.domain.policy import ENCODED_TO, Container, fits
from yt_videos_api.media.expectation import Expectation
from yt_videos_api.media.jpeg import jpeg_size
from yt_videos_api.media.streams import probe_streams

HOSTILE = 'A "title"; with = # \\ and\nlines\n[CHAPTER]\nSTART=5\n-y $(id) %(x)s 漢字 🎬'
CHAPTERS = (Chapter("One; =#", 0.0, 2.6), Chapter("Two 漢", 2.6, 99.0))  # the half of a second is rounded nowhere
TOLD = facts(title=HOSTILE, channel="Канал", description=HOSTILE, upload_date="20240506", chapters=CHAPTERS)

# container, source, its kind and sound, what it is encoded to
COPIED = [
    (Container.M4A, "sound.m4a", "audio", "aac", None),
    (Container.MP3, "mp3.mp3", "audio", "mp3", None),
    (Container.OPUS, "sound.webm", "audio", "opus", None),
    (Container.FLAC, "flac.flac", "audio", "flac", None),
]
TAKEN_OUT = [
    (Container.M4A, "h264.mp4", "both", "aac", None),
    (Container.OPUS, "vp9.webm", "both", "opus", None),
    (Container.M4A, "hls.ts", "both", "aac", None),
]
ENCODED = [
    (Container.M4A, "sound.webm", "audio", "opus", "aac"),
    (Container.MP3, "sound.m4a", "audio", "aac", "mp3"),
    (Container.OPUS, "h264.mp4", "both", "aac", "opus"),
    (Container.FLAC, "vp9.webm", "both", "opus", "flac"),
]


@dataclass
class Tags:
    """What a tag reader finds, in the words of one format or another."""

    texts: list[str]  # title, artist, date, description, address
    chapters: list[tuple[float, str]]
    cover: bytes


def read_tags(path: Path) -> Tags:
    file: Any = mutagen.File(path)
    if path.suffix == ".m4a":
        texts = [file[key][0] for key in ("\xa9nam", "\xa9ART", "\xa9day", "desc", "\xa9cmt")]
        return Tags(texts, [(each.start, each.title) for each in file.chapters], bytes(file["covr"][0]))
    if path.suffix == ".mp3":
        assert file.tags.version == (2, 3, 0)
        keys = ("TIT2", "TPE1", "TDRC", "TXXX:description", "TXXX:comment")
        marks = sorted(file.tags.getall("CHAP"), key=lambda mark: mark.start_time)
        chapters = [(mark.start_time / 1000, str(mark.sub_frames["TIT2"])) for mark in marks]
        (picture,) = file.tags.getall("APIC")
        assert (picture.type, picture.mime) == (3, "image/jpeg")
        return Tags([str(file[key]) for key in keys], chapters, picture.data)
    texts = [", ".join(file[key]) for key in ("title", "artist", "date", "description", "purl")]
    names = sorted(key for key in file if key.startswith("chapter") and key.endswith("name"))
    chapters = [(float(file[key[:-4]][0].split(":")[-1]), file[key][0]) for key in names]
    pictures = file.pictures if path.suffix == ".flac" else _ogg_pictures(file)
    (picture,) = pictures
    assert (picture.type, picture.mime) == (3, "image/jpeg")
    assert (picture.width, picture.height) == jpeg_size(picture.data)
    return Tags(texts, chapters, picture.data)


def _ogg_pictures(file: Any) -> list[Any]:
    read: Any = Picture
    return [read(base64.b64decode(text)) for text in file["metadata_block_picture"]]


@pytest.mark.parametrize(("container", "source", "kind", "codec", "encode"), [*COPIED, *TAKEN_OUT, *ENCODED])
def test_sound_arrives_whole_with_tags_chapters_and_cover(
    studio: Studio, tmp_path: Path, container: Container, source: str, kind: str, codec: str, encode: str | None
) -> None:
    studio.stage(tmp_path, source, "cover.webp")
    origin = part(source, kind, "any" if kind == "both" else None, codec)
    more = {"facts": TOLD, "cover_file": "cover.webp", "encode_audio_to": encode}
    made, found = studio.archive_sound(tmp_path, container, origin, **more)
    assert (made.file, made.cover) == (f"muxed.{container}", "embedded")
    assert (found.video_codec, found.audio_codec) == (None, encode or codec)
    assert found.duration_seconds == pytest.approx(SECONDS, abs=0.1)
    tags = read_tags(tmp_path / made.file)
    assert tags.texts == [HOSTILE, "Канал", "2024-05-06", HOSTILE, TOLD.webpage_url]
    assert tags.chapters == [(0.0, "One; =#"), (2.6, "Two 漢")]
    assert jpeg_size(tags.cover) == (320, 180)
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted([source, "cover.webp", made.file])


@pytest.mark.parametrize(("container", "source", "kind", "codec", "encode"), [*COPIED, *TAKEN_OUT[:2]])
def test_sound_that_fits_is_copied_packet_by_packet(
    studio: Studio, tmp_path: Path, container: Container, source: str, kind: str, codec: str, encode: str | None
) -> None:
    studio.stage(tmp_path, source)
    made, _ = studio.archive_sound(tmp_path, container, part(source, kind, None, codec), encode_audio_to=encode)
    packets = studio.packets(tmp_path / made.file, "a:0")
    assert len(packets) > 50
    assert packets == studio.packets(tmp_path / source, "a:0")


@pytest.mark.parametrize(
    ("container", "encode"), [(Container.M4A, "aac"), (Container.MP3, "mp3"), (Container.OPUS, "opus")]
)
def test_surround_sound_is_encoded_whatever_its_layout(
    studio: Studio, tmp_path: Path, container: Container, encode: str
) -> None:
    studio.stage(tmp_path, "side.m4a")
    source = part("side.m4a", "audio", None, "ac3")
    made, _ = studio.archive_sound(tmp_path, container, source, encode_audio_to=encode)
    (stream,) = studio.ask(tmp_path / made.file, "stream=channels")["streams"]
    assert stream["channels"] == (2 if container is Container.MP3 else 6)


def test_lossy_sound_takes_sixteen_bits_in_flac(studio: Studio, tmp_path: Path) -> None:
    studio.stage(tmp_path, "sound.m4a", "flac.flac")
    source = part("sound.m4a", "audio", None, "aac")
    made, _ = studio.archive_sound(tmp_path, Container.FLAC, source, encode_audio_to="flac")
    (stream,) = studio.ask(tmp_path / made.file, "stream=bits_per_raw_sample,sample_rate,channels")["streams"]
    assert (stream["bits_per_raw_sample"], stream["sample_rate"], stream["channels"]) == ("16", "44100", 1)


@pytest.mark.parametrize("kind", ["page", "jpeg that is none", "bomb"])
@pytest.mark.parametrize(("container", "source", "_kind", "codec", "_encode"), COPIED)
def test_a_bad_cover_is_dropped_and_the_sound_is_not(
    studio: Studio, tmp_path: Path, container: Container, source: str, _kind: str, codec: str, _encode: None, kind: str
) -> None:
    bad = {"page": b"<html>", "jpeg that is none": b"\xff\xd8\xff\xe0" + b"nonsense" * 50}
    (tmp_path / "thumb").write_bytes(bad.get(kind) or studio.clip("bomb.png").read_bytes())
    studio.stage(tmp_path, source)
    made, found = studio.archive_sound(tmp_path, container, part(source, "audio", None, codec), cover_file="thumb")
    assert made.cover == "dropped"
    assert found.packets > 50


@pytest.mark.parametrize(("container", "source", "kind", "codec", "encode"), ENCODED)
def test_the_same_sound_gives_the_same_bytes(
    studio: Studio, tmp_path: Path, container: Container, source: str, kind: str, codec: str, encode: str
) -> None:
    studio.stage(tmp_path, source, "cover.jpg")
    results = []
    for _ in range(2):
        origin = part(source, kind, "any" if kind == "both" else None, codec)
        more = {"facts": TOLD, "cover_file": "cover.jpg", "encode_audio_to": encode}
        made, _found = studio.archive_sound(tmp_path, container, origin, **more)
        results.append((tmp_path / made.file).read_bytes())
    assert results[0] == results[1]


@pytest.fixture(scope="module")
def finished(studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one finished file of each container, cover and chapters included."""
    folder = tmp_path_factory.mktemp("finished")
    for container, source, kind, codec, encode in COPIED:
        studio.stage(folder, source, "cover.jpg")
        more = {"facts": TOLD, "cover_file": "cover.jpg", "encode_audio_to": encode}
        made, _ = studio.archive_sound(folder, container, part(source, kind, None, codec), **more)
        (folder / made.file).rename(folder / f"whole.{container}")
    return folder


@pytest.mark.parametrize("container", ["m4a", "mp3", "opus", "flac"])
def test_a_sound_file_cut_anywhere_is_found(studio: Studio, tmp_path: Path, finished: Path, container: str) -> None:
    whole = (finished / f"whole.{container}").read_bytes()
    path = tmp_path / f"cut.{container}"
    for kept in [
        *(len(whole) * percent // 100 for percent in (1, 20, 50, 80, 97, 99)),
        len(whole) - 10,
        len(whole) - 1,
    ]:
        path.write_bytes(whole[:kept])
        with pytest.raises(DownloadFailure) as refused:
            studio.verify(path)
        assert refused.value.code in {"damaged_media", "not_media"}, kept


@pytest.mark.parametrize("container", ["mp3", "opus", "flac"])
def test_zeros_in_the_middle_of_sound_are_found(studio: Studio, tmp_path: Path, finished: Path, container: str) -> None:
    whole = (finished / f"whole.{container}").read_bytes()
    for percent in (50, 75):
        at = len(whole) * percent // 100
        path = tmp_path / f"holed.{container}"
        path.write_bytes(whole[:at] + bytes(8000) + whole[at + 8000 :])
        with pytest.raises(DownloadFailure) as refused:
            studio.verify(path)
        assert refused.value.code in {"damaged_media", "not_media"}, percent  # the cover may be all that is left


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        *((name, "audio") for name in ("sound.m4a", "sound.webm", "mp3.mp3", "flac.flac", "ogg.ogg")),
        *((name, "both") for name in ("h264.mp4", "vp9.webm", "fragmented.mp4")),
    ],
)
def test_a_cut_source_gives_no_whole_file(studio: Studio, tmp_path: Path, source: str, kind: str) -> None:
    """Nobody tells how long it should be but the source itself."""
    whole = studio.clip(source).read_bytes()
    for percent in (40, 85):
        (tmp_path / source).write_bytes(whole[: len(whole) * percent // 100])
        untold = {"facts": facts(duration_seconds=None), "encode_audio_to": "mp3"}
        with pytest.raises(DownloadFailure) as refused:
            studio.archive_sound(tmp_path, Container.MP3, part(source, kind), **untold)
        assert refused.value.code == "damaged_media", percent


def test_sound_that_ends_before_the_picture_is_whole(studio: Studio, tmp_path: Path) -> None:
    studio.stage(tmp_path, "short-sound.mp4")
    _, found = studio.archive_sound(tmp_path, Container.M4A, part("short-sound.mp4", "both", "h264", "aac"))
    assert found.duration_seconds == pytest.approx(2, abs=0.1)


def test_what_is_no_opus_is_not_called_so(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "vorbis.opus").write_bytes(studio.clip("vorbis.ogg").read_bytes())
    (tmp_path / "video.m4a").write_bytes(studio.clip("h264.mp4").read_bytes())
    for name in ("vorbis.opus", "video.m4a"):
        with pytest.raises(DownloadFailure, match="is not"):
            studio.verify(tmp_path / name, Expectation(audio=True))


SINE = ("-f", "lavfi", "-i", f"sine=440:d={SECONDS}")
HONEST = {
    "no-xing.mp3": (*SINE, "-write_xing", "0"),
    "old-tag.mp3": (*SINE, "-write_id3v1", "1", "-metadata", "title=x"),
    "slow.mp3": (*SINE, "-ar", "22050", "-ac", "1", "-q:a", "9"),
    "stereo.mp3": (*SINE, "-ac", "2", "-b:a", "128k"),
    "piped.flac": (*SINE, "-f", "flac", "-metadata", "title=x"),
    "loud.flac": ("-f", "lavfi", "-i", f"anoisesrc=d={SECONDS}", "-ac", "2", "-sample_fmt", "s32"),
    "quiet.flac": ("-f", "lavfi", "-i", f"anullsrc=d={SECONDS}"),
    "quiet.ogg": ("-f", "lavfi", "-i", f"anullsrc=d={SECONDS}", "-c:a", "libopus"),
    "vorbis.ogg": (*SINE, "-c:a", "libvorbis"),
    "pauses.ogg": (
        "-f", "lavfi", "-i", f"aevalsrc='if(lt(mod(t,4),1),sin(2764*t),0)':d={SECONDS}:s=48000",
        "-c:a", "libopus", "-application", "voip", "-dtx", "1",
    ),
    "adts.aac": (*SINE, "-c:a", "aac"),
    "wave.wav": SINE,
}  # fmt: skip


@pytest.mark.parametrize("name", HONEST)
def test_whole_sound_of_any_making_passes_copied_and_encoded(studio: Studio, tmp_path: Path, name: str) -> None:
    studio.ffmpeg(*HONEST[name], str(tmp_path / name))
    if name == "piped.flac":  # what is written into a pipe cannot say at its beginning how long it became
        content = bytearray((tmp_path / name).read_bytes())
        content[21:26] = bytes([content[21] & 0xF0, 0, 0, 0, 0])
        (tmp_path / name).write_bytes(content)
    found = probe_streams(studio.runner, studio.tools, tmp_path / name)
    source = part(name, "audio", None, found.audio_codec)
    copied = [(container, None) for container in ENCODED_TO if fits(container, None, found.audio_codec)]
    encoded = (Container.MP3, "mp3") if found.audio_codec != "mp3" else (Container.FLAC, "flac")
    for container, encode in [*copied, encoded]:
        _, heard = studio.archive_sound(tmp_path, container, source, encode_audio_to=encode)
        assert heard.duration_seconds == pytest.approx(SECONDS, abs=0.1), container
    assert studio.archive(tmp_path, Container.MKV, source).audio_codec == found.audio_codec
