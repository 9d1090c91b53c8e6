import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yt_videos_api.domain.errors import InvalidInput
from yt_videos_api.domain.urls import parse_egress_allow, parse_url, youtube_video_id

PUBLIC_CONTROLS = [
    "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
    "https://youtu.be/dQw4w9WgXcQ?si=abc",
    "http://example.com",
    "https://example.com:443/",
    "http://example.com:8080/a.mp4",
    "https://example.com:8443/a.mp4",
    "https://rr3---sn-4g5e6nsz.googlevideo.com/videoplayback?expire=1&ip=10.0.0.1&sig=a%3D%3D",
    "https://d111111abcdef8.cloudfront.net/a/b.m3u8",
    "https://cdn_1.example.org/v.mpd",
    "https://vimeo.com/76979871",
    "https://www.bilibili.com/video/BV1xx411c7mD/?p=2",
    "https://1e100.net/",
    "https://1.2.3.4.example.com/",
    "https://8.8.8.8/clip.webm",
    "https://[2606:4700:4700::1111]/clip.webm",
    "http://[2a00:1450:4001:80b::200e]:8080/clip.webm",
    "https://münchen.example/film",
    "https://xn--mnchen-3ya.example/film",
    "https://例え.jp/ビデオ?名=値",
    "https://💩.la/",
    "https://example.com./trailing-dot",
    "https://archive.org/details/x%20y",
    "https://user.tumblr.com/post/1@2",
    "https://web.archive.org/web/2020/http://127.0.0.1/x",
    "https://example.com/?next=file:///etc/passwd",
    "https://localhost.example.com/",
    "https://internal.example.com/",
]
REFUSED = {
    "url.scheme": [
        "file:///etc/passwd",
        "ftp://example.com/a",
        "gopher://example.com/",
        "data:video/mp4;base64,AAAA",
        "javascript:alert(1)",
        "concat:a|b",
        "crypto:a",
        "pipe:0",
        "rtmp://example.com/live",
        "blob:https://example.com/1",
        "about:blank",
        "ytsearch1000000:x",
        "ytsearch:x",
        "tcp://example.com",
        "hTTpx://example.com",
        "localhost:8080/x",
    ],
    "url.syntax": [
        "",
        "example.com/x",
        "//example.com/x",
        ":ytfav",
        ":ytsearch",
        "-",
        "--exec=id",
        "--batch-file=/etc/passwd",
        "http:",
        "http:/example.com",
        "http:example.com",
        "http://",
        "http:///x",
        "http://?x",
        "http://:80/",
        "http://./",
        "http://a..b/",
        "http://exa mple.com/",
        "http://example.com/a b",
        " http://example.com/",
        "http://example.com/\n",
        "http://example.com/\r\nHost: x",
        "http://example.com/\0",
        "http://example.com/\t",
        "http://example.com/\u00a0",
        "http://example.com/\u2028",
        "http://example.com/\ud800",
        "http://example.com\\@127.0.0.1/",
        "http://example.com/" + "a" * 4096,
        "http://example.com/" + "é" * 2048,
        "http://" + "a" * 64 + ".com/",
        "http://" + "a." * 127 + "com/",
        "http://%31%32%37.0.0.1/",
        "http://127.0.0.1%2f.example.com/",
        "http://example.com:x/",
        "http://example.com:80:80/",
        "http://example.com:-1/",
        "http://example.com:８０/",
        "http://example.com：80/",
        "http://example.com／x",
        "http://[::1/",
        "http://::1/",
        "http://[v1.x]/",
        "http://[example.com]/",
        "http://[::１]/",
        "http://-example.com/",
        "http://exa*mple.com/",
        "http://straße.example/",
        "http://\u1e9e.example/",
        "http://a\u200db.example/",
        "http://xn--.com/",
        "http://xn--abc-.com/",
        "http://xn--127-.com/",
        "http://1.2.3.256/",
        "http://1.2.3.4.5/",
        "http://08.1.1.1/",
        "http://4294967296/",
    ],
    "url.userinfo": [
        "http://youtube.com@127.0.0.1/",
        "https://user:password@example.com/",
        "https://@example.com/",
        "https://a@b@example.com/",
    ],
    "url.smuggled": [
        "https://example.com/#__youtubedl_smuggle=%7B%22http_headers%22%3A%7B%7D%7D",
        "https://example.com/#!/__youtubedl_smuggle=x",
        "https://example.com/%23__youtubedl_smuggle=x",
    ],
    "url.port": [f"http://example.com:{port}/" for port in (0, 22, 25, 6379, 8000, 65535, 65536, 99999)],
    "url.address_not_public": [
        *(
            f"http://{host}/"
            for host in (
                "127.0.0.1",
                "127.1",
                "0177.0.0.2",
                "0x7f000002",
                "2130706433",
                "0",
                "0.0.0.0",
                "127.000.000.001",
                "１２７.０.０.２",
                "127。0。0。1",
                "127.0.0.1.",
                "127.0.0.\u00ad1",
                "10.1.2.3",
                "172.16.0.1",
                "192.168.0.1",
                "100.64.0.1",
                "192.0.0.1",
                "192.88.99.1",
                "198.18.0.1",
                "224.0.0.1",
                "240.0.0.1",
                "169.254.169.254",
                "100.100.100.200",
                "[::1]",
                "[::]",
                "[::ffff:127.0.0.2]",
                "[::127.0.0.1]",
                "[64:ff9b::]",
                "[64:ff9b::7f00:1]",
                "[64:ff9b:1::1]",
                "[2002:7f00:1::]",
                "[2001:0::1]",
                "[fe80::1%25eth0]",
                "[fe80::1%eth0]",
                "[fc00::1]",
                "[fd00:ec2::254]",
                "[fec0::1]",
                "[ff02::1]",
                "[3fff::1]",
                "[2001:db8::1]",
                "metadata.google.internal",
                "metadata",
                "localhost",
                "LOCALHOST",
                "localhost.",
                "ｌｏｃａｌｈｏｓｔ",
                "x.localhost",
                "printer.local",
                "router.lan",
                "nas.home.arpa",
                "redis",
            )
        ),
        "http://localhost:6379/",
        "https://127.0.0.1:8080/#a",
    ],
}


@pytest.mark.parametrize("text", PUBLIC_CONTROLS)
def test_public_url_passes_and_its_canonical_form_is_stable(text: str) -> None:
    canonical = parse_url(text).canonical
    assert canonical.isascii()
    assert parse_url(canonical).canonical == canonical


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in REFUSED.items() for text in texts])
def test_bad_url_is_refused_with_a_stable_code(code: str, text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_url(text, field="entity_id")
    assert (caught.value.code, caught.value.field) == (code, "entity_id")
    assert caught.value.problem.endswith(".")


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("HTTPS://WWW.Example.COM:443", "https://www.example.com/"),
        ("http://example.com:80/?#top", "http://example.com/"),
        ("http://example.com:/a", "http://example.com/a"),
        ("https://example.com:80/A?b=2&a=1&a=", "https://example.com:80/A?b=2&a=1&a="),
        ("https://example.com?q", "https://example.com/?q"),
        ("https://example.com/a#t=30", "https://example.com/a"),
        ("https://example.com/#!/v/1", "https://example.com/#!/v/1"),
        ("https://example.com/a/../b/./%2e", "https://example.com/a/../b/./%2e"),
        ('https://example.com/é"<x>', "https://example.com/%C3%A9%22%3Cx%3E"),
        ("https://exa\u00admple。com./", "https://example.com/"),
        ("https://MÜNCHEN.de/", "https://xn--mnchen-3ya.de/"),
        ("https://134744072/", "https://8.8.8.8/"),
        ("https://[2606:4700:0:0::1111]:443/", "https://[2606:4700::1111]/"),
        ("https://[::ffff:8.8.8.8]/", "https://8.8.8.8/"),
    ],
)
def test_canonical_form_has_one_spelling(text: str, canonical: str) -> None:
    assert parse_url(text).canonical == canonical
    assert str(parse_url(text)) == canonical


pieces = st.sampled_from(
    ["http", "https", "://", "//", "/", ".", ":", "@", "#", "?", "%", "[", "]", "xn--", "0x7f", "127", "1"]
)
snippets = st.one_of(
    pieces, st.sampled_from(["com", "youtube", "example", "ß", "。", "１", "é", "\u00ad", "80"]), st.text(max_size=3)
)


@given(st.lists(snippets, max_size=12).map("".join), st.booleans())
def test_whatever_comes_is_refused_or_has_a_stable_public_canonical_form(text: str, with_scheme: bool) -> None:
    try:
        url = parse_url(f"http://{text}" if with_scheme else text)
    except InvalidInput:
        return
    assert parse_url(url.canonical) == url
    assert url.canonical.isascii()
    assert url.canonical.isprintable()
    try:
        address = ipaddress.ip_address(url.host)
    except ValueError:
        assert "." in url.host
    else:
        assert address.is_global


def test_exception_lets_exactly_one_host_and_port_through() -> None:
    exceptions = parse_egress_allow("127.0.0.1:9000, Media.LAN:8080, [fd00::1]:80")
    for text in ("http://127.1:9000/x", "http://media.lan:8080/", "http://[fd00:0::1]/", "https://[fd00::1]:80/"):
        assert parse_url(text, exceptions=exceptions).host in {"127.0.0.1", "media.lan", "fd00::1"}
    for text in ("http://127.0.0.1:9001/", "http://127.0.0.2:9000/", "http://media.lan/", "http://x.media.lan:8080/"):
        with pytest.raises(InvalidInput) as caught:
            parse_url(text, exceptions=exceptions)
        assert caught.value.code == "url.address_not_public"


def test_allowed_ports_can_be_set() -> None:
    assert parse_url("https://example.com:9443/", allowed_ports=frozenset({9443})).port == 9443
    with pytest.raises(InvalidInput, match="9443"):
        parse_url("https://example.com/", allowed_ports=frozenset({9443}))


def test_egress_allow_reads_every_form_of_host_and_port() -> None:
    assert parse_egress_allow("") == frozenset()
    assert parse_egress_allow(" a.b:1 ,, [::1]:65535,0x7f.1:80 ") == {("a.b", 1), ("::1", 65535), ("127.0.0.1", 80)}


@pytest.mark.parametrize(
    "text", ["host", "host:", ":80", "host:0", "host:65536", "host:x", "::1:80", "a:1;b:2", "a/b:80", "*:80"]
)
def test_bad_egress_allow_names_the_setting(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_egress_allow(f"good.example:80,{text}")
    assert caught.value.field == "YT_VIDEOS_EGRESS_ALLOW"


@pytest.mark.parametrize(
    "text",
    [
        "dQw4w9WgXcQ",
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
        "http://youtube.com/watch?v=dQw4w9WgXcQ&list=PL123&index=2#t=5",
        "https://www.youtube.com/watch?list=PL123&v=dQw4w9WgXcQ",
        "https://m.youtube.com/watch?v=dQw4w9WgXcQ&feature=share",
        "https://music.youtube.com/watch?v=dQw4w9WgXcQ",
        "https://www.youtube.com/?v=dQw4w9WgXcQ",
        "https://www.youtube.com/watch_popup?v=dQw4w9WgXcQ",
        "https://www.youtube.com/watch/dQw4w9WgXcQ",
        "https://youtu.be/dQw4w9WgXcQ",
        "https://youtu.be/dQw4w9WgXcQ?si=x",
        "https://youtu.be/dQw4w9WgXcQ&feature=share",
        "https://www.youtube.com/shorts/dQw4w9WgXcQ",
        "https://youtube.com/live/dQw4w9WgXcQ?feature=share",
        "https://www.youtube.com/embed/dQw4w9WgXcQ?autoplay=1",
        "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ",
        "https://www.youtube.com/v/dQw4w9WgXcQ",
        "https://www.youtube.com/e/dQw4w9WgXcQ",
        "https://www.youtubekids.com/watch?v=dQw4w9WgXcQ",
        "https://www.youtube.com/attribution_link?a=x&u=%2Fwatch%3Fv%3DdQw4w9WgXcQ%26feature%3Dshare",
        "https://www.youtube.com./watch?v=dQw4w9WgXcQ",
        "www.youtube.com/watch?v=dQw4w9WgXcQ",
        "youtu.be/dQw4w9WgXcQ",
        "//m.youtube.com/shorts/dQw4w9WgXcQ",
    ],
)
def test_every_usual_form_names_the_youtube_video(text: str) -> None:
    assert youtube_video_id(text) == "dQw4w9WgXcQ"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "dQw4w9WgXc",
        "dQw4w9WgXcQQ",
        "dQw4w9WgXc!",
        "dQw4w9WgXcQ\n",
        "https://www.youtube.com/watch?v=dQw4w9WgXcQQ",
        "https://www.youtube.com/watch",
        "https://www.youtube.com/playlist?list=PLdQw4w9WgXcQ",
        "https://www.youtube.com/@dQw4w9WgXcQ",
        "https://www.youtube.com/embed/videoseries?list=PL123",
        "https://www.youtube.com/embed/live_stream?channel=UC123",
        "https://youtube.com@evil.example/watch?v=dQw4w9WgXcQ",
        "https://youtube.com.evil.example/watch?v=dQw4w9WgXcQ",
        "https://notyoutube.com/watch?v=dQw4w9WgXcQ",
        "https://example.com/youtu.be/dQw4w9WgXcQ",
        "file://youtube.com/watch?v=dQw4w9WgXcQ",
    ],
)
def test_anything_else_names_no_youtube_video(text: str) -> None:
    assert youtube_video_id(text) is None
