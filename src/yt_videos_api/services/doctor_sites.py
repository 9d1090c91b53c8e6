"""What this installation has for getting along with sites, said in whole sentences and without a secret."""

from __future__ import annotations

from collections.abc import Callable

from yt_videos_api.apis.fault import ApiFault
from yt_videos_api.apis.http import Answer
from yt_videos_api.cage.runs import JsRuntime
from yt_videos_api.services.doctor import Finding, Severity

_WITHOUT_TOKENS = "No PO tokens: YouTube's clients that want some are left with 360p."
_PROVIDER_SETTING = "YT_VIDEOS_PO_PROVIDER_URL"


def examine_javascript(runtime: JsRuntime | None) -> Finding:
    """What solves YouTube's challenges."""
    if runtime is not None:
        message = f"{runtime.name} {runtime.version} for YouTube's challenges: {runtime.path}."
        return Finding("javascript", Severity.OK, message)
    advice = "Install the extra: pip install 'yt-videos-api[full]', or name one in YT_VIDEOS_JS_RUNTIME."
    return Finding("javascript", Severity.WARNING, "No JavaScript runtime: YouTube will offer fewer formats.", advice)


def examine_impersonation(version: str | None, *, usable: bool) -> Finding:
    """What imitates browsers: curl_cffi of this `version`, None when there is none."""
    if version is None:
        return Finding("impersonation", Severity.OK, "curl_cffi is not installed; few sites need it.")
    if usable:
        return Finding("impersonation", Severity.OK, f"curl_cffi {version}.")
    advice = "Install the extra: pip install 'yt-videos-api[impersonate]'."
    return Finding("impersonation", Severity.WARNING, f"yt-dlp cannot use curl_cffi {version}.", advice)


def examine_tokens(*, by_hand: int, ping: Callable[[], Answer] | None, plugin: str | None) -> Finding:
    """Where PO tokens come from; `ping` asks the provider whether it is there, `plugin` is the version of the extra."""
    if ping is None:
        return Finding("po tokens", Severity.OK, f"PO tokens by hand: {by_hand}." if by_hand else _WITHOUT_TOKENS)
    if plugin is None:
        advice = "Install the extra: pip install 'yt-videos-api[pot]'."
        return Finding("po tokens", Severity.ERROR, f"{_PROVIDER_SETTING} is set, and its plugin is missing.", advice)
    try:
        answer = ping()
    except ApiFault:
        return _provider_away()
    told = answer.document.get("version") if answer.status == 200 and isinstance(answer.document, dict) else None
    if not isinstance(told, str) or not told.isprintable():
        return _provider_away()
    if told.split(".")[0] != plugin.split(".")[0]:
        advice = f"Install version {plugin.split('.')[0]} of the server."
        message = f"The provider has version {told[:20]}, the plugin {plugin}."
        return Finding("po tokens", Severity.WARNING, message, advice)
    return Finding("po tokens", Severity.OK, f"The provider answers, version {told[:20]}.")


def examine_data_api(*, has_key: bool) -> Finding:
    """Whether lists can be read from the YouTube Data API; nobody is asked, which would cost quota."""
    if has_key:
        return Finding("data api", Severity.OK, "There is a key for the YouTube Data API.")
    message = "No key for the YouTube Data API: lists are read from the site, without exact dates."
    return Finding("data api", Severity.OK, message)


def _provider_away() -> Finding:
    message = f"No provider of PO tokens answers at the address in {_PROVIDER_SETTING}."
    return Finding("po tokens", Severity.WARNING, message, "Start it, or correct the setting.")
