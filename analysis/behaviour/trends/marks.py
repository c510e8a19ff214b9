"""Marks under a trend: public holidays of a country, by its calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import holidays

Country = Literal["CN", "US"]
LANGUAGES = {"CN": ("en_US", "zh_CN"), "US": ("en_US", "en_US")}
US_ZH = {
    "New Year's Day": "元旦",
    "Martin Luther King Jr. Day": "马丁·路德·金纪念日",
    "Washington's Birthday": "总统日",
    "Memorial Day": "阵亡将士纪念日",
    "Juneteenth National Independence Day": "六月节",
    "Independence Day": "独立日",
    "Labor Day": "劳动节",
    "Columbus Day": "哥伦布日",
    "Veterans Day": "退伍军人节",
    "Thanksgiving Day": "感恩节",
    "Christmas Day": "圣诞节",
}
"""The calendar knows the American days in English only."""

MOVED = ("Day off", "(observed", "休息日", "（补假")
"""Parts of the names of days that make up for a holiday or move it: they belong to one that is marked already."""


@dataclass(frozen=True, slots=True)
class Holiday:
    """Days in a row with one name: first and last day, and the name in both languages."""

    first: date
    last: date
    en: str
    zh: str

    def name(self, language: str) -> str:
        """Name in a language."""
        return self.zh if language == "zh" else self.en


def country_of(zone: str) -> Country | None:
    """The country whose calendar a time zone suggests; None where it suggests none of those known."""
    if zone in ("Asia/Shanghai", "Asia/Urumqi", "Asia/Chongqing", "Asia/Harbin", "PRC"):
        return "CN"
    return "US" if zone.startswith(("America/", "US/")) else None


def between(country: Country, first: date, last: date) -> list[Holiday]:
    """Public holidays between two days, both included, in order."""
    years = range(first.year, last.year + 1)
    en, zh = (holidays.country_holidays(country, years=years, language=code) for code in LANGUAGES[country])
    found: list[Holiday] = []
    for day in sorted(d for d in en if first <= d <= last):
        name = str(en[day]).split("; ")[0]
        if any(part in name for part in MOVED):
            continue
        told = US_ZH.get(name, name) if country == "US" else str(zh[day]).split("; ")[0]
        if found and found[-1].en == name and found[-1].last + timedelta(1) == day:
            found[-1] = Holiday(found[-1].first, day, name, told)
        else:
            found.append(Holiday(day, day, name, told))
    return found
