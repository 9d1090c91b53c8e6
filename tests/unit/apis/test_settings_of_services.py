"""What operators say of other services and of proxies, and what they are told when they say it wrongly."""

from __future__ import annotations

import pytest

from yt_videos_api.config import load_settings
from yt_videos_api.domain.errors import Misconfigured


def test_the_services_are_the_public_ones_unless_told_otherwise() -> None:
    settings = load_settings()
    assert settings.youtube_api_url == "https://www.googleapis.com/youtube/v3"
    assert settings.sponsorblock_url == "https://sponsor.ajay.app"
    assert settings.proxies == {}


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("https://API.Example./v3/", "https://api.example/v3"),
        ("https://api.example:8443", "https://api.example:8443"),
        ("http://127.0.0.1:9000/youtube/v3", "http://127.0.0.1:9000/youtube/v3"),
        ("http://[::1]:80/", "http://[::1]"),
        ("http://media.lan/", "http://media.lan"),
        ("https://api.example/a%20b", "https://api.example/a%20b"),
    ],
)
def test_address_of_a_service_is_kept_in_one_spelling(told: str, kept: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YT_VIDEOS_YOUTUBE_API_URL", told)
    monkeypatch.setenv("YT_VIDEOS_SPONSORBLOCK_URL", told)
    settings = load_settings()
    assert settings.youtube_api_url == settings.sponsorblock_url == kept


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("www.googleapis.com", "https://host"),
        ("ftp://api.example", "https://host"),
        ("https://api.example:0", "https://host"),
        ("https://api.example:geheim", "not an address"),
        ("https://me:geheim@api.example", "user name"),
        ("https://api.example/v3?key=geheim", "query"),
        ("https://api.example/v3#geheim", "fragment"),
        ("https://api.example/geheim\nX: y", "https://host"),
        ("https://api.example//geheim", "path"),
        ("https://a_ä.example", "https://host"),
        ("https://1.2.3.4.5", "has a host that"),
        ("http://api.example", "must begin with https://"),
        ("http://8.8.8.8", "must begin with https://"),
    ],
)
@pytest.mark.parametrize("setting", ["YOUTUBE_API_URL", "SPONSORBLOCK_URL"])
def test_wrong_address_is_refused_by_name_and_reason(
    told: str, words: str, setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"YT_VIDEOS_{setting}", told)
    with pytest.raises(Misconfigured, match=f"YT_VIDEOS_{setting}: .*{words}") as caught:
        load_settings()
    assert "geheim" not in f"{caught.value} {caught.value.__cause__}"


def test_proxies_are_known_by_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    text = " home = http://10.0.0.1:3128 , us-2=http://me:a%2Cb@proxy.example:8080,"
    monkeypatch.setenv("YT_VIDEOS_PROXIES", text)
    settings = load_settings()
    assert settings.proxies == {"home": "http://10.0.0.1:3128", "us-2": "http://me:a%2Cb@proxy.example:8080"}
    assert "a%2Cb" not in repr(settings), "it is a secret"


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("http://me:geheim@proxy.example:1", "name=http://"),
        ("Home=http://me:geheim@proxy.example:1", "a-z"),
        ("ä=http://me:geheim@proxy.example:1", "a-z"),
        ("home=socks5://me:geheim@proxy.example:1", "home must be of the form"),
        ("home=http://me:geheim@proxy.example", "home must be of the form"),
        ("home=http://me:geheim@:1", "home is not of the form"),
        ("home=", "home"),
        ("a=http://geheim.example:1,a=http://geheim.example:2", "two proxies called a"),
    ],
)
def test_wrong_proxy_is_refused_without_its_password(told: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YT_VIDEOS_PROXIES", told)
    with pytest.raises(Misconfigured, match=f"YT_VIDEOS_PROXIES: .*{words}") as caught:
        load_settings()
    assert "geheim" not in f"{caught.value} {caught.value.__cause__}"
