"""Real clips made by the real ffmpeg, once per test session and recipe; and the folder each test stages them in."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from yt_videos_api.cage.plain import PlainRunner
from yt_videos_api.domain.offers import Part, Stream, VideoFacts
from yt_videos_api.domain.policy import Container
from yt_videos_api.media.expectation import Expectation, expect
from yt_videos_api.media.mux import MuxPlan, MuxResult, mux
from yt_videos_api.media.source import expect_sound
from yt_videos_api.media.tools import Tools
from yt_videos_api.media.verify import Verified, verify

SECONDS = 6.0
PICTURE = ("-f", "lavfi", "-i", f"testsrc2=s=192x108:r=25:d={SECONDS}")
SOUND = ("-f", "lavfi", "-i", f"sine=440:d={SECONDS}")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "25")
VP9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "25")
AV1 = ("-c:v", "libsvtav1", "-preset", "10", "-g", "50")
STILL = ("-f", "lavfi", "-i", "testsrc2=s=192x108:r=25:d=17", "-vf", "select='lt(mod(t,4),1)'", "-fps_mode", "vfr")
FRAGMENTED = ("-movflags", "+frag_keyframe+empty_moov+default_base_moof")

# Whole files, by name: how each is made, from scratch or (a name in front) by copying another one.
RECIPES: dict[str, tuple[str, ...]] = {
    "h264.mp4": (*PICTURE, *SOUND, *H264, "-c:a", "aac"),
    "faststart.mp4": ("h264.mp4", "-c", "copy", "-movflags", "+faststart"),
    "fragmented.mp4": ("h264.mp4", "-c", "copy", *FRAGMENTED),
    "dash.mp4": ("h264.mp4", "-an", "-c", "copy", "-movflags", "+dash+global_sidx"),
    "picture.mp4": ("h264.mp4", "-an", "-c", "copy"),
    "sound.m4a": ("h264.mp4", "-vn", "-c", "copy"),
    "hls.ts": ("h264.mp4", "-c", "copy"),
    "h265.mp4": (*PICTURE, *SOUND, "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none"),
    "mpeg4.mp4": (*PICTURE, *SOUND, "-c:v", "mpeg4", "-c:a", "libmp3lame"),
    "flac.mp4": (*PICTURE, *SOUND, *H264, "-c:a", "flac", "-strict", "-2"),
    "ac3.mkv": (*PICTURE, *SOUND, *H264, "-c:a", "ac3"),
    "vp9.webm": (*PICTURE, *SOUND, *VP9, "-c:a", "libopus", "-cluster_time_limit", "1000"),
    "picture.webm": ("vp9.webm", "-an", "-c", "copy", "-cluster_time_limit", "1000"),
    "sound.webm": ("vp9.webm", "-vn", "-c", "copy"),
    "live.webm": ("vp9.webm", "-c", "copy", "-live", "1"),
    "opus.mp4": ("vp9.webm", "-c", "copy"),
    "vp8.webm": (*PICTURE, *SOUND, "-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libvorbis"),
    "av1.webm": (*PICTURE, *SOUND, *AV1, "-c:a", "libopus"),
    "av1.mp4": ("av1.webm", "-c", "copy"),
    "slides.mp4": ("-f", "lavfi", "-i", "testsrc2=s=192x108:r=1:d=15", "-f", "lavfi", "-i", "sine=440:d=15", *H264),
    "slides.webm": ("-f", "lavfi", "-i", "testsrc2=s=192x108:r=1/3:d=30", *VP9),
    "screen.mp4": (*STILL, *H264),
    "screen.webm": (*STILL, *VP9),
    "jitter.mkv": (
        "-f", "lavfi", "-i", "testsrc2=s=192x108:r=25:d=15",
        "-vf", "select='lt(random(1),0.15)'", "-fps_mode", "vfr", *H264,
    ),
    "one-picture.mp4": ("-f", "lavfi", "-i", "testsrc2=s=192x108:r=25:d=0.04", *H264),
    "one-picture.webm": ("-f", "lavfi", "-i", "testsrc2=s=192x108:r=25:d=0.04", *VP9),
    "blink.mp4": ("-f", "lavfi", "-i", "testsrc2=s=192x108:r=25:d=0.2", "-f", "lavfi", "-i", "sine=440:d=0.2", *H264),
    "short-sound.mp4": (*PICTURE, "-f", "lavfi", "-i", "sine=440:d=2", *H264, "-c:a", "aac"),
    "late-picture.mkv": (*SOUND, "-itsoffset", "2", *PICTURE, *H264, "-c:a", "aac"),
    "late-picture.mp4": (*SOUND, "-itsoffset", "2", *PICTURE, *H264, "-c:a", "aac"),
    "pauses.webm": (
        *PICTURE, "-f", "lavfi", "-i", "aevalsrc='if(lt(mod(t,4),1),sin(2764*t),0)':d=6:s=48000",
        *VP9, "-c:a", "libopus", "-application", "voip", "-dtx", "1",
    ),
    "with-cover.mp4": (
        "h264.mp4", "-i", "cover.jpg", "-map", "0", "-map", "1", "-c", "copy", "-disposition:v:1", "attached_pic",
    ),
    "cover.jpg": ("-f", "lavfi", "-i", "testsrc2=s=1920x1080", "-frames:v", "1"),
    "cover.png": ("-f", "lavfi", "-i", "testsrc2=s=320x180", "-frames:v", "1"),
    "cover.webp": ("-f", "lavfi", "-i", "testsrc2=s=320x180", "-frames:v", "1"),
    "cover.gif": ("-f", "lavfi", "-i", "testsrc2=s=64x36:r=5:d=2"),
    "bomb.png": ("-f", "lavfi", "-i", "color=black:s=12000x9000,format=monob", "-frames:v", "1"),
    "mp3.mp3": (*SOUND, "-c:a", "libmp3lame"),
    "adts.aac": (*SOUND, "-c:a", "aac"),
    "ogg.ogg": (*SOUND, "-c:a", "libopus"),
    "vorbis.ogg": (*SOUND, "-c:a", "libvorbis"),
    "flac.flac": SOUND,
    "side.m4a": ("-f", "lavfi", "-i", f"sine=440:d={SECONDS},aformat=channel_layouts=5.1(side)", "-c:a", "ac3"),
    "wav.wav": SOUND,
    "flv.flv": (*PICTURE, *SOUND, *H264, "-c:a", "aac"),
}  # fmt: skip


def facts(**more: object) -> VideoFacts:
    """Facts of a video of SECONDS, with what matters to a test replaced."""
    values: dict[str, object] = {
        "extractor": "generic",
        "video_id": "x",
        "title": "Title",
        "webpage_url": "https://example.org/watch?v=x",
        "duration_seconds": SECONDS,
    }
    return VideoFacts(**(values | more))  # type: ignore[arg-type] # the keywords differ in type


def part(file: str, kind: str = "both", video: str | None = None, audio: str | None = None) -> Part:
    """A transferred stream of this file name."""
    stream = Stream("1", kind, Path(file).suffix[1:], "https", video_codec=video, audio_codec=audio)  # type: ignore[arg-type] # a literal
    return Part(stream, file, size_bytes=1)


@dataclass
class Studio:
    """Makes clips and puts them through the public doors of media."""

    tools: Tools
    store: Path  # clips, made once
    runner: PlainRunner = field(default_factory=PlainRunner)

    def clip(self, name: str) -> Path:
        """A whole file; treat it as read-only."""
        path = self.store / name
        if not path.exists():
            source, *rest = RECIPES[name]
            made_from = ["-i", str(self.clip(source))] if source in RECIPES else [source]
            self.ffmpeg(*made_from, *(str(self.clip(word)) if word in RECIPES else word for word in rest), str(path))
        return path

    def segments(self) -> list[bytes]:
        """The pieces of an HLS playlist, a second each, whose continuity counters all start at zero."""
        folder = self.store / "segments"
        if not folder.exists():
            folder.mkdir()
            hls = ("-f", "hls", "-hls_time", "1", "-hls_list_size", "0", str(folder / "list.m3u8"))
            self.ffmpeg("-i", str(self.clip("h264.mp4")), "-c", "copy", *hls)
            for index in range(int(SECONDS)):
                source = ("-copyts", "-i", str(folder / f"list{index}.ts"), "-c", "copy")
                self.ffmpeg(*source, "-muxdelay", "0", "-muxpreload", "0", str(folder / f"own{index}.ts"))
        return [(folder / f"own{index}.ts").read_bytes() for index in range(int(SECONDS))]

    def ffmpeg(self, *arguments: str) -> None:
        quiet = ("-hide_banner", "-loglevel", "error", "-nostdin", "-y")
        subprocess.run([self.tools.ffmpeg, *quiet, *arguments], check=True, timeout=60, stderr=subprocess.DEVNULL)

    def stage(self, folder: Path, *names: str) -> None:
        for name in names:
            shutil.copy(self.clip(name), folder / name)

    def mux(self, plan: MuxPlan) -> MuxResult:
        return mux(self.runner, self.tools, plan)

    def verify(self, path: Path, expected: Expectation | None = None) -> Verified:
        container = Container(path.suffix[1:])
        return verify(self.runner, self.tools, path, container, expected or Expectation())

    def archive(self, folder: Path, container: Container, *parts: Part, **more: object) -> Verified:
        """Mux and verify, as a service does it."""
        told = facts(**more)
        expected = expect(folder, parts, told)
        return self.verify(folder / self.mux(MuxPlan(folder, parts, container, told)).file, expected)

    def archive_sound(
        self, folder: Path, container: Container, source: Part, **plan: Any
    ) -> tuple[MuxResult, Verified]:
        """The sound of `source` alone; `plan` may hold more fields of a MuxPlan."""
        made = self.mux(MuxPlan(folder, (source,), container, **({"facts": facts()} | plan)))
        encoded = plan.get("encode_audio_to") is not None
        told = plan.get("facts", facts())
        expected = expect_sound(self.runner, self.tools, folder, source, told, encoded=encoded)
        return made, self.verify(folder / made.file, expected)

    def packets(self, path: Path, stream: str) -> list[str]:
        """The MD5 of each packet of one stream, in order."""
        argv = [str(self.tools.ffmpeg), "-v", "error", "-i", str(path), "-map", f"0:{stream}", "-c", "copy"]
        done = subprocess.run([*argv, "-f", "framemd5", "-"], check=True, timeout=30, capture_output=True, text=True)
        return [line.split(",")[5].strip() for line in done.stdout.splitlines() if not line.startswith("#")]

    def ask(self, path: Path, entries: str) -> dict[str, Any]:
        """What ffprobe says by itself, for looking at results."""
        argv = [str(self.tools.ffprobe), "-v", "error", "-show_entries", entries, "-of", "json", str(path)]
        answer: dict[str, Any] = json.loads(subprocess.run(argv, check=True, timeout=30, capture_output=True).stdout)
        return answer
