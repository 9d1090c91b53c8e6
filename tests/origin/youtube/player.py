"""What the player API says of a video to one client."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from tests.origin.broadcast import Broadcast
from tests.origin.media import Recipe
from tests.origin.video import Answer, Video
from tests.origin.youtube.caption_list import caption_list
from tests.origin.youtube.formats import Format, adaptive, premerged
from tests.origin.youtube.live import live_master_url
from tests.origin.youtube.playability import playability, plays, shows_details
from tests.origin.youtube.player_script import challenge, cipher, needs_script

MEDIA_HOST = "rr1---sn-standin.googlevideo.com"


def player_response(video: Video, recipe: Recipe, client: str, answer: Answer) -> dict[str, Any]:
    """The answer of `/youtubei/v1/player`, and `ytInitialPlayerResponse` of the watch page for client "web"."""
    told: dict[str, Any] = {
        "playabilityStatus": playability(answer, video),
        "videoDetails": _details(video, recipe, answer),
    }
    if shows_details(answer):
        told["microformat"] = {"playerMicroformatRenderer": _microformat(video, recipe, answer)}
    if plays(answer):
        told["streamingData"] = _streaming_data(video, recipe, client, answer)
        told["captions"] = {"playerCaptionsTracklistRenderer": caption_list(video, client)}
    return told


def _details(video: Video, recipe: Recipe, answer: Answer) -> dict[str, Any]:
    # The id is always told: without it yt-dlp takes the answer for that of another video.
    if not shows_details(answer):
        return {"videoId": video.id}
    details: dict[str, Any] = {
        "videoId": video.id,
        "title": video.shown_title,
        "lengthSeconds": str(round(recipe.duration_seconds)),
        "channelId": video.channel_id,
        "author": video.channel,
        "shortDescription": video.description,
        "keywords": list(video.tags),
        "thumbnail": {"thumbnails": thumbnails(video)},
        "viewCount": str(video.views),
        "isPrivate": False,
        "isLiveContent": video.broadcast is not None,
    }
    if answer is Answer.LIVE:
        details |= {"isLive": True, "lengthSeconds": "0"}
    if answer is Answer.PREMIERE:
        details |= {"isUpcoming": True}
    return details


def thumbnails(video: Video) -> list[dict[str, Any]]:
    """The thumbnails a video says it has."""
    return [
        {
            "url": video.cover_url or f"https://i.ytimg.com/{folder}/{video.id}/hqdefault.{kind}",
            "width": 640,
            "height": 360,
        }
        for kind, folder in (("jpg", "vi"), ("webp", "vi_webp"))
        if kind in video.cover_types
    ]


def _microformat(video: Video, recipe: Recipe, answer: Answer) -> dict[str, Any]:
    return {
        "title": {"simpleText": video.shown_title},
        "description": {"simpleText": video.description},
        "lengthSeconds": str(round(recipe.duration_seconds)),
        "ownerProfileUrl": f"http://www.youtube.com/{video.handle}",
        "externalChannelId": video.channel_id,
        "ownerChannelName": video.channel,
        "isFamilySafe": answer is not Answer.AGE,
        "isUnlisted": False,
        "availableCountries": ["NZ"] if answer is Answer.GEO else ["DE", "NZ", "US"],
        "viewCount": str(video.views),
        "category": "Science & Technology",
        "publishDate": video.uploaded_at.isoformat(),
        "uploadDate": video.uploaded_at.isoformat(),
        "isShortsEligible": video.short,
    } | _broadcast_details(video.broadcast)


def _broadcast_details(broadcast: Broadcast | None) -> dict[str, Any]:
    if broadcast is None:
        return {}
    told: dict[str, Any] = {"isLiveNow": broadcast.begun is not None and broadcast.ended is None}
    told["startTimestamp"] = broadcast.announced_at.isoformat(timespec="seconds")
    if broadcast.ended_at:
        told["endTimestamp"] = broadcast.ended_at.isoformat(timespec="seconds")
    return {"liveBroadcastDetails": told}


def _streaming_data(video: Video, recipe: Recipe, client: str, answer: Answer) -> dict[str, Any]:
    def row(each: Format) -> dict[str, Any]:
        url = None if answer is Answer.SABR else _media_url(video, each, client)
        if url and is_signed(video, each, client):
            return each.row(recipe, None) | {"signatureCipher": cipher(video.id, url)}
        return each.row(recipe, url)

    data: dict[str, Any] = {"expiresInSeconds": "21540"}
    if answer is Answer.LIVE:
        return data | {"hlsManifestUrl": live_master_url(video.id)}
    if answer is Answer.SABR:
        data["serverAbrStreamingUrl"] = f"https://{MEDIA_HOST}/videoplayback?sabr=1&id={video.id}"
    else:
        data["formats"] = [row(premerged(recipe))]
    if answer is Answer.PREMERGED:
        return data
    data["adaptiveFormats"] = [row(each) for each in adaptive(recipe, video.offered)]
    return _with_drm(data) if answer is Answer.DRM else data


def _with_drm(data: dict[str, Any]) -> dict[str, Any]:
    for row in (*data["formats"], *data["adaptiveFormats"]):
        row["drmFamilies"] = ["WIDEVINE"]
    return data | {
        "licenseInfos": [{"drmFamily": "WIDEVINE", "url": "https://www.youtube.com/youtubei/v1/player/get_drm_license"}]
    }


def _media_url(video: Video, each: Format, client: str) -> str:
    query = {"expire": "4102444800", "id": video.id, "itag": each.itag, "source": "youtube", "client": client}
    if each.xtags:
        query["xtags"] = each.xtags
    if video.challenge and needs_script(client):
        query |= challenge(video.id)
    return f"https://{MEDIA_HOST}/videoplayback?{urlencode(query)}"


def is_signed(video: Video, each: Format, client: str | None) -> bool:
    """Whether the address of this format needs a signature besides."""
    return video.challenge and each.height is None and needs_script(client)
