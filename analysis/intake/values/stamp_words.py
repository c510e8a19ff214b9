"""Stamp words: what may stand among the digits of a date and a time.

Months in English, German, French and Spanish; weekdays, which say nothing new; the half of a day;
zones whose name means one offset; and names that mean several, which only the data's own zone can
settle (`SEVERAL`).
"""

from __future__ import annotations

from collections.abc import Iterator

from analysis.intake.values.lexicon import lexicon

MONTH, HALF, ZONE, MARK, FILLER, T, WEEK, ORDINAL, YEAR_LABEL, MONTH_LABEL, DAY_LABEL, HOUR_LABEL, PART_LABEL = range(
    13
)
"""Senses of a word. Labels stand behind their number, as in `2026年1月5日 3时05分`."""

AM, PM, NOON, NIGHT = 1, 2, 3, 4
"""Halves of a day: 3 am, 3 pm, 12:30 at noon, and 9 at night, which is never a morning hour."""

UNSETTLED = 10_000
"""Offsets from here on are no minutes but places in `SEVERAL`."""

SEVERAL = ("CST", "IST", "BST")
"""Zone names with several meanings: US Central or China; India, Israel or Ireland; British summer or Bangladesh."""

_MONTHS = (
    "january jan januar jänner jän janvier janv enero ene 一月",
    "february feb februar février fevrier févr fevr fév febrero 二月",
    "march mar märz maerz mrz mär mars marzo 三月",
    "april apr avril avr abril abr 四月",
    "may mai mayo 五月",
    "june jun juni juin junio 六月",
    "july jul juli juillet juil julio 七月",
    "august aug août aout agosto ago 八月",
    "september sept sep septembre septiembre setiembre 九月",
    "october oct oktober okt octobre octubre 十月",
    "november nov novembre noviembre 十一月",
    "december dec dezember dez décembre decembre déc diciembre dic 十二月",
)
_WEEKDAYS = (
    "monday mon tuesday tues tue wednesday wed thursday thurs thur thu friday fri saturday sat sunday sun "
    "montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag "
    "lundi mardi mercredi jeudi vendredi samedi dimanche "
    "lunes martes miércoles jueves viernes sábado domingo"
)
_HALVES = {
    AM: ("am", "a.m.", "a.m", "a. m.", "a.\u00a0m.", "上午", "凌晨", "清晨", "早晨", "早上", "午前"),
    PM: ("pm", "p.m.", "p.m", "p. m.", "p.\u00a0m.", "下午", "午后", "午後", "傍晚"),
    NOON: ("中午",),
    NIGHT: ("晚上", "夜里", "夜间", "深夜", "晚"),
}
_ZONES = {
    "utc": 0, "gmt": 0, "z": 0, "wet": 0, "west": 60, "cet": 60, "cest": 120, "mez": 60, "mesz": 120, "eet": 120,
    "eest": 180, "msk": 180, "hkt": 480, "sgt": 480, "jst": 540, "kst": 540, "aest": 600, "aedt": 660,
    "est": -300, "edt": -240, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480, "pdt": -420,
}  # fmt: skip
_LABELS = (
    (YEAR_LABEL, 0, "年"), (MONTH_LABEL, 0, "月"), (DAY_LABEL, 0, "日 号 號"), (HOUR_LABEL, ord(":"), "时 時 点 點 h"),
    (HOUR_LABEL, ord(" "), "uhr"), (PART_LABEL, ord(":"), "分"), (PART_LABEL, ord(" "), "秒"),
)  # fmt: skip
_MARKS = {
    "：": ":", "／": "/", "－": "-", "−": "-", "‐": "-", "‑": "-", "．": ".", "，": ",", "、": ",", "＋": "+",
    "（": "(", "）": ")",
}  # fmt: skip
_BLANKS = ("\u00a0", "\u2009", "\u200a", "\u202f", "\u3000", "\u200e", "\u200f", "\ufeff")


def _entries() -> Iterator[tuple[str, int, int]]:
    for number, names in enumerate(_MONTHS, start=1):
        yield from ((name, MONTH, number) for name in names.split())
    yield from ((name, FILLER, 0) for name in _WEEKDAYS.split())
    yield from ((lead + day, FILLER, 0) for lead in ("星期", "周", "礼拜", "週") for day in "一二三四五六日天")
    yield from ((word, FILLER, 0) for word in ("at", "um", "of", "de", "del", "le", "à"))
    yield from ((word, HALF, half) for half, words in _HALVES.items() for word in words)
    yield from ((name, ZONE, minutes) for name, minutes in _ZONES.items())
    yield from ((name.lower(), ZONE, UNSETTLED + place) for place, name in enumerate(SEVERAL))
    yield from ((word, sense, mark) for sense, mark, words in _LABELS for word in words.split())
    yield from ((word, MARK, ord(mark)) for word, mark in _MARKS.items())
    yield from ((blank, MARK, ord(" ")) for blank in _BLANKS)
    yield from ((word, ORDINAL, 0) for word in ("st", "nd", "rd", "th", "er", "º"))
    yield from (("t", T, 0), ("w", WEEK, 0))


WORDS = lexicon(_entries())
"""All of them."""
