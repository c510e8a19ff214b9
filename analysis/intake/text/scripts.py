"""Scripts: how much a text looks like text, once it was decoded by some encoding.

East Asian standards put the characters in daily use into a first level and the rest into a second.
Text that was decoded by the right encoding is nearly all first level; by a wrong one it is not. Korean
and Japanese bytes may hit the Chinese first level by construction, so the commonest characters
of each language are held against it as well. Alphabets are told by how common their letters are, and by
capitals, which don't follow small letters within a word.
"""

from __future__ import annotations

import re
from functools import lru_cache

_MARKS = frozenset("，。、；：？！“”‘’（）《》「」『』【】—…·￥％～　・ー＋－／＝＆＠＃：．０１２３４５６７８９")

_DAILY = {
    "gb18030": (
        "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里"
        "用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实"
        "日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政"
        "美相见被利什二等产新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解"
        "水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件用"
        "户客名称编号时间日期金额数量单价订单商品渠道城市省份购买支付浏览点击登录注册会员店铺类型状态备注地址"
        "电话手机姓性别"
    ),
    "big5": (
        "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡"
        "用道行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實"
        "日者意無力它與長把機十民第公此已工使情明性知全三又關點正業外將兩高間由問很最重並物手應戰向頭文體政美"
        "相見被利什二等產新己制身果加西月話合回特代內信表化老給世位次度門任用戶客名稱編號時間日期金額數量單價"
        "訂單商品通路城市購買付款瀏覽點擊登入註冊會員店鋪類型狀態備註地址電話手機姓性別台灣北縣市區路"
    ),
    "cp949": (
        "이다는을의에고기지사가하로한은어도를서인자시대정아나리부일해과그으전스제구주수원성보상동게여들니만장"
        "공무신유경비조생우와일름번호날짜금액주문상품고객사용자이메일전화구매결제"
    ),
}
"""Characters that make up a third or more of most texts of each language."""

_LETTERS = {
    "cp1251": "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё",
    "koi8_r": "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё",
    "iso8859_7": "αοιετσνηυρπκμλςίόάήγέδύθώχβφωξζψϊ",
    "cp1253": "αοιετσνηυρπκμλςίόάήγέδύθώχβφωξζψϊ",
    "cp1255": "יוהלאתרבמשנדקעםחפטזגכסןצךףץ",
    "cp1256": "اليمنرتوبةعدسفكحهجقأىشطصخذضثزءغئإؤآظ",
    "cp1252": "éáóíüöäñèçàãêúôåøâõßæîëïûœ",
    "cp1250": "áíéóěšřčžýłąęůśćńżöüäúőűťďňľź",
    "cp1254": "ıüişçöğâ",
}
"""Letters of each alphabet beyond ASCII, the commonest first."""

_SIGNS = frozenset("©®°™€£¥§«»“”‘’–—…·•ºª²³½¼×№¿¡„‚´\u00a0\u00ad")

_WESTERN = ("cp1252", "cp1250", "cp1254")
"""Alphabets whose letters stand alone among those of ASCII; words of the others are theirs throughout."""

_PRIOR = {"cp1250": 0.9, "cp1254": 0.92, "koi8_r": 0.85, "cp1253": 0.9, "cp1255": 0.9, "cp1256": 0.9}
"""How much rarer files of some encodings are; all others count in full."""

_RUN = re.compile(r"[^\x00-\x7f]+")

WIDE = ("gb18030", "big5", "cp932", "euc_jp", "cp949")
"""Encodings of two bytes a character, Chinese first: where two do equally well, the first is meant."""

ALPHABETS = ("cp1252", "cp1251", "iso8859_7", "cp1250", "cp1254", "koi8_r", "cp1253", "cp1255", "cp1256")
"""Encodings of one byte a character, the more common ones first."""


def likeness(text: str, encoding: str) -> float:
    """How much a decoded text looks like one in that encoding's languages: 0 to 2, above 1 when likely.

    Characters that could not be decoded (�) count twentyfold against it.
    """
    strange = [c for c in text if ord(c) > 127]
    if not strange:
        return 0.0
    lost = text.count("\ufffd") * 20 / len(strange)
    found = _wide(strange, encoding) if encoding in WIDE else _alphabet(text, strange, encoding)
    return max(found - lost, 0.0)


def _wide(strange: list[str], encoding: str) -> float:
    level, daily = _first_level(encoding)
    common = sum(1 for c in strange if c in level or c in _MARKS) / len(strange)
    often = sum(1 for c in strange if c in daily) / len(strange)
    if encoding == "cp932" and any("\uff61" <= c <= "\uff9f" for c in strange):
        common -= sum(1 for c in strange if "\uff61" <= c <= "\uff9f") / len(strange)
    return common + min(often, 0.5) if common >= 0.6 else 0.0


@lru_cache(8)
def _first_level(encoding: str) -> tuple[frozenset[str], frozenset[str]]:
    """Characters of the first level, and those that are in most texts."""
    kana = frozenset(map(chr, [*range(0x3041, 0x3094), *range(0x30A1, 0x30FB)]))
    japanese = encoding in ("cp932", "euc_jp")
    first, last, rows, codec = {
        "gb18030": (0xA1, 0xFE, range(0xB0, 0xD8), "gb2312"),
        "big5": (0x40, 0xFE, range(0xA4, 0xC7), "big5"),
        "cp932": (0xA1, 0xFE, range(0xB0, 0xD0), "euc_jp"),
        "euc_jp": (0xA1, 0xFE, range(0xB0, 0xD0), "euc_jp"),
        "cp949": (0xA1, 0xFE, range(0xB0, 0xC9), "euc_kr"),
    }[encoding]
    level = {bytes((row, cell)).decode(codec, "ignore") for row in rows for cell in range(first, last + 1)} - {""}
    level = {c for c in level if len(c) == 1 and ord(c) > 127}
    return frozenset(level) | (kana if japanese else frozenset()), kana if japanese else frozenset(_DAILY[encoding])


def _alphabet(text: str, strange: list[str], encoding: str) -> float:
    letters = _LETTERS[encoding]
    rank = {c: 1 - k / (2 * len(letters)) for k, c in enumerate(letters)}
    small = [_small(c) for c in strange]
    known = [rank[c] for c in small if c in rank]
    signs = sum(1 for c in strange if c in _SIGNS)
    western = encoding in _WESTERN
    if len(known) + signs < 0.9 * len(strange) or (not western and len(set(small)) < 3):
        return 0.0  # not its letters, or a broken byte or two rather than a word
    runs = [len(run) for run in _RUN.findall(text)]
    few = sum(n for n in runs if n <= 2) / len(strange)
    capitals = sum(1 for c, lower in zip(strange, small, strict=True) if c != lower) / len(strange)
    shape = (few if western else 1 - few) * (1 - 0.3 * capitals)
    return (0.2 + 0.8 * shape) * (sum(known) + signs) / len(strange) * _PRIOR.get(encoding, 1.0) * 1.4


def _small(character: str) -> str:
    return "i" if character == "İ" else character.lower()
