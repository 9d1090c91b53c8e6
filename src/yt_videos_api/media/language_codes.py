"""ISO 639-2: the three letters that containers want where sites say two."""

from __future__ import annotations

import re

# By their two letters. Where a language has two codes, this is the terminological one (T), which MP4 asks for.
_TERMINOLOGICAL = """
aa:aar ab:abk ae:ave af:afr ak:aka am:amh an:arg ar:ara as:asm av:ava ay:aym az:aze ba:bak be:bel bg:bul bh:bih
bi:bis bm:bam bn:ben bo:bod br:bre bs:bos ca:cat ce:che ch:cha co:cos cr:cre cs:ces cu:chu cv:chv cy:cym da:dan
de:deu dv:div dz:dzo ee:ewe el:ell en:eng eo:epo es:spa et:est eu:eus fa:fas ff:ful fi:fin fj:fij fo:fao fr:fra
fy:fry ga:gle gd:gla gl:glg gn:grn gu:guj gv:glv ha:hau he:heb hi:hin ho:hmo hr:hrv ht:hat hu:hun hy:hye hz:her
ia:ina id:ind ie:ile ig:ibo ii:iii ik:ipk in:ind io:ido is:isl it:ita iu:iku iw:heb ja:jpn ji:yid jv:jav jw:jav
ka:kat kg:kon ki:kik kj:kua kk:kaz kl:kal km:khm kn:kan ko:kor kr:kau ks:kas ku:kur kv:kom kw:cor ky:kir la:lat
lb:ltz lg:lug li:lim ln:lin lo:lao lt:lit lu:lub lv:lav mg:mlg mh:mah mi:mri mk:mkd ml:mal mn:mon mo:ron mr:mar
ms:msa mt:mlt my:mya na:nau nb:nob nd:nde ne:nep ng:ndo nl:nld nn:nno no:nor nr:nbl nv:nav ny:nya oc:oci oj:oji
om:orm or:ori os:oss pa:pan pi:pli pl:pol ps:pus pt:por qu:que rm:roh rn:run ro:ron ru:rus rw:kin sa:san sc:srd
sd:snd se:sme sg:sag sh:hbs si:sin sk:slk sl:slv sm:smo sn:sna so:som sq:sqi sr:srp ss:ssw st:sot su:sun sv:swe
sw:swa ta:tam te:tel tg:tgk th:tha ti:tir tk:tuk tl:tgl tn:tsn to:ton tr:tur ts:tso tt:tat tw:twi ty:tah ug:uig
uk:ukr ur:urd uz:uzb ve:ven vi:vie vo:vol wa:wln wo:wol xh:xho yi:yid yo:yor za:zha zh:zho zu:zul
"""
# The bibliographic ones (B), where they differ: Matroska asks for these.
_BIBLIOGRAPHIC = """
bod:tib ces:cze cym:wel deu:ger ell:gre eus:baq fas:per fra:fre hye:arm isl:ice kat:geo mkd:mac mri:mao msa:may
mya:bur nld:dut ron:rum slk:slo sqi:alb zho:chi
"""
UNDETERMINED = "und"
_THREE_LETTERS = dict(pair.split(":") for pair in _TERMINOLOGICAL.split())
_TO_BIBLIOGRAPHIC = dict(pair.split(":") for pair in _BIBLIOGRAPHIC.split())
_TAG = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8}){0,4}")


def is_language_tag(tag: str) -> bool:
    """Whether `tag` has the form of a BCP 47 tag, so that it can be shown, and given to a tool, as it is."""
    return _TAG.fullmatch(tag) is not None


def three_letters(tag: str, *, bibliographic: bool) -> str:
    """The language of a tag such as "en", "pt-BR" or "deu", without its region; "und" when it names none."""
    primary = re.split("[-_]", tag)[0].lower() if is_language_tag(tag) else ""
    code = _THREE_LETTERS.get(primary) or (primary if len(primary) == 3 else UNDETERMINED)
    return _TO_BIBLIOGRAPHIC.get(code, code) if bibliographic else code
