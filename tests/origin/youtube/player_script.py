"""YouTube's player script, cut down to what yt-dlp's solver (yt-dlp-ejs) looks for, and what the script works out.

Media addresses of a video with a challenge carry a number `n` and, those of sound, a signature `s`. The script turns
both into others; the media servers refuse those that were not turned. The solver looks for a function that sets "alr"
to "yes" on an address, calls it with a signature, and then the first method of the result but `get`, `set`, `clone`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from string import Template
from urllib.parse import urlencode

from tests.origin.body import Bytes
from tests.origin.message import Incoming, Response, Target

PREFIX = "/s/player/"

# These have no browser to run a script in.
_WITHOUT_SCRIPT = frozenset({"android", "android_vr", "ios", "visionos"})
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_STEP = 7
_LEFT_OUT = 3
_SWAPPED_WITH = 5
_SCRIPT = Template("""
var _yt_player={};(function(g){
var window=this;
var letters="$letters";
function turnNumber(n){
  return n.split("").reverse().map(function(c,i){
    return letters[(letters.indexOf(c)+i+$step)%letters.length];
  }).join("");
}
function turnSignature(text){
  var a=text.split("").reverse();
  a.splice(0,$left_out);
  var first=a[0];a[0]=a[$swapped%a.length];a[$swapped%a.length]=first;
  return a.join("");
}
function Address(text){this.text=text;this.values={};}
Address.prototype.get=function(name){return name in this.values?this.values[name]:null;};
Address.prototype.set=function(name,value){this.values[name]=value;};
Address.prototype.clone=function(){return new Address(this.text);};
Address.prototype.finish=function(){var n=this.get("n");if(n)this.set("n",turnNumber(n));};
var makeAddress=function(text,name,signature){
  var address=new Address(text);
  address.set("alr","yes");
  if(signature)address.set(name,encodeURIComponent(turnSignature(decodeURIComponent(signature))));
  return address;
};
g.makeAddress=makeAddress;
g.settings={signatureTimestamp:20400};
})(_yt_player);
""").substitute(letters=_LETTERS, step=_STEP, left_out=_LEFT_OUT, swapped=_SWAPPED_WITH)


def script_target(_: Incoming) -> Target:
    """The script, for every address under which a client looks for it."""
    return Target("script", lambda: Response(Bytes(_SCRIPT.encode()), content_type="text/javascript"))


def needs_script(client: str | None) -> bool:
    """Whether this client is one that has to solve challenges."""
    return client not in _WITHOUT_SCRIPT


def challenge(video_id: str) -> dict[str, str]:
    """What is added to a media address; as it is, the address is refused."""
    return {"n": _letters(f"n of {video_id}", 18)}


def cipher(video_id: str, url: str) -> str:
    """The `signatureCipher` that is told instead of an address."""
    return urlencode({"s": _letters(f"s of {video_id}", 40), "sp": "sig", "url": url})


def solved(video_id: str, query: Mapping[str, str], *, signed: bool) -> bool:
    """Whether a request for media brings what the script makes of the challenge, and of the signature if `signed`."""
    right_number = query.get("n") == _turn_number(challenge(video_id)["n"])
    return right_number and (not signed or query.get("sig") == _turn_signature(_letters(f"s of {video_id}", 40)))


def _turn_number(number: str) -> str:
    turned = (
        _LETTERS[(_LETTERS.index(letter) + place + _STEP) % len(_LETTERS)]
        for place, letter in enumerate(reversed(number))
    )
    return "".join(turned)


def _turn_signature(signature: str) -> str:
    letters = list(reversed(signature))[_LEFT_OUT:]
    letters[0], letters[_SWAPPED_WITH] = letters[_SWAPPED_WITH], letters[0]
    return "".join(letters)


def _letters(seed: str, count: int) -> str:
    """As many letters as wanted, always the same for a seed."""
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in hashlib.shake_256(seed.encode()).digest(count))
