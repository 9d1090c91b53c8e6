"""The arguments for sound that has to be re-encoded, because the wanted container cannot hold it as it is."""

from __future__ import annotations

_ENCODERS = {
    "aac": ("-c:a", "aac", "-b:a", "192k"),
    "mp3": ("-c:a", "libmp3lame", "-q:a", "0"),  # the best variable bit rate, about 245 kbit/s
    "opus": ("-c:a", "libopus", "-b:a", "160k"),
    "flac": ("-c:a", "flac"),
}
# libopus refuses 5.1 with side speakers, which is what AC-3 and many AAC files have; Opus knows one rate, 48 kHz.
_OPUS_FILTER = "aformat=sample_rates=48000:channel_layouts=mono|stereo|5.1|7.1"
_LOSSLESS = frozenset({"flac", "alac", "wavpack", "tta", "truehd"})


def encoder_arguments(codec: str, source_codec: str | None) -> list[str]:
    """Encode to `codec`, a value of domain.policy.ENCODED_TO. Rate and channels stay where the codec has them."""
    return [
        *_ENCODERS[codec],
        *(("-filter:a", _OPUS_FILTER) if codec == "opus" else ()),
        # Lossy sound is decoded to floating point, of which ffmpeg would make 24 bits: a third more bytes, of noise.
        *(("-sample_fmt", "s16") if codec == "flac" and not _is_lossless(source_codec or "") else ()),
        *("-flags:a", "+bitexact"),
    ]


def _is_lossless(codec: str) -> bool:
    return codec in _LOSSLESS or codec.startswith("pcm_")
