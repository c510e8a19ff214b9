"""Numeral words: what may stand before and behind the digits of a number."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.intake.values.lexicon import lexicon

MONEY, UNIT, PERCENT, MINUS, PLUS, OPEN, CLOSE, BLANK, THOUSANDS, COMMA, POINT = range(11)
"""Senses of a word."""

_SIGNS = "¥ ￥ $ ＄ € £ ￡ ₩ ￦ ₹ ₽ ₺ ₫ ฿ ₱ ₴ ₪ us$ hk$ nt$ au$ ca$ sg$ a$ c$ s$ r$ mx$"
_CODES = (
    "rmb cny cnh usd hkd twd mop jpy krw eur gbp inr sgd aud nzd cad chf sek nok dkk pln czk huf ron rub try brl mxn "
    "ars clp cop zar aed sar ils egp thb myr vnd idr php kr zł kč rs rs."
)
_CHINESE = "元 块 块钱 圆 圓 円 人民币 美元 港元 港币 台币 新台币 日元 韩元 欧元 英镑 원"
_UNITS = {
    "千": 3, "千元": 3, "万": 4, "萬": 4, "万元": 4, "百万": 6, "百万元": 6, "千万": 7, "千万元": 7,
    "亿": 8, "億": 8, "亿元": 8, "万亿": 12, "万亿元": 12, "k": 3, "M": 6, "B": 9,
}  # fmt: skip
"""Powers of ten. `m` is no million: it is metres, minutes or months as well."""


def _entries() -> Iterator[tuple[str, int, int]]:
    yield from ((word, MONEY, 0) for word in f"{_SIGNS} {_CODES} {_CHINESE}".split())
    yield from ((word, UNIT, power) for word, power in _UNITS.items())
    yield from (("%", PERCENT, -2), ("％", PERCENT, -2), ("‰", PERCENT, -3))
    yield from ((word, MINUS, 0) for word in ("-", "−", "－", "–", "‐", "‑", "﹣"))
    yield from (("+", PLUS, 0), ("＋", PLUS, 0))
    yield from (("(", OPEN, 0), ("（", OPEN, 0), (")", CLOSE, 0), ("）", CLOSE, 0))
    yield from ((word, BLANK, 0) for word in (" ", "\t", "\u00a0", "\u2009", "\u202f", "\u2007", "\u3000"))
    yield from ((word, THOUSANDS, 0) for word in ("'", "’", "＇"))
    yield from ((",", COMMA, 0), ("，", COMMA, 0), (".", POINT, 0), ("．", POINT, 0))


WORDS = lexicon(_entries())
"""All of them."""
