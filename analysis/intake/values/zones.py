"""Zones: wall clocks to instants, and zone names that mean several zones.

CST is US Central Time and China Standard Time, fourteen hours apart. Which of them is meant is
settled by the data's own zone: by its own name for its time, and for CST by its continent. Where it
settles nothing, the stamp is unreadable; a guess would be wrong by most of a day.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from analysis.calendar import SECOND_US
from analysis.intake.values.stamp_words import SEVERAL, UNSETTLED

_CONTINENTS = {"Asia": 480, "America": -360, "US": -360, "Canada": -360}
"""What CST means, in minutes from UTC, in data of a zone that doesn't use the name itself."""

_SEASONS = (datetime(2026, 1, 15), datetime(2026, 7, 15))


def meaning(name: str, zone: str) -> int | None:
    """Minutes from UTC that a name with several meanings has in data of a zone; None if that settles nothing."""
    for day in _SEASONS:
        local = day.replace(tzinfo=ZoneInfo(zone))
        offset = local.utcoffset()
        if local.tzname() == name and offset is not None:
            return int(offset.total_seconds()) // 60
    return _CONTINENTS.get(zone.split("/")[0]) if name == "CST" else None


def settle(offsets: np.ndarray, zone: str) -> np.ndarray:
    """Offsets with names replaced by what they mean in data of a zone; names that stay open are left."""
    if not (offsets >= UNSETTLED).any():
        return offsets
    settled = offsets.copy()
    for place, name in enumerate(SEVERAL):
        minutes = meaning(name, zone)
        if minutes is not None:
            settled[offsets == UNSETTLED + place] = minutes
    return settled


def to_utc(wall: np.ndarray, zone: str) -> np.ndarray:
    """Wall clocks of a zone as instants; a skipped hour is moved on, a double one is the first."""
    if zone == "UTC" or not len(wall):
        return wall
    low, bin_us = int(wall.min()), 15 * 60 * SECOND_US
    low -= low % bin_us
    place = (wall - low) // bin_us
    if place.max() > 4_000_000:  # more than a century of quarter hours: look at those in use only
        known, place = np.unique(place, return_inverse=True)
    else:
        known = np.arange(place.max() + 1)
    starts = pd.DatetimeIndex((low + known * bin_us).astype("datetime64[us]"))
    ambiguous = np.ones(len(starts), bool)
    at = starts.tz_localize(zone, ambiguous=ambiguous, nonexistent="shift_forward").as_unit("us")
    skipped = at.tz_localize(None) != starts
    utc = np.asarray(at.asi8)
    within = (wall - low) % bin_us
    return utc[place] + np.where(np.asarray(skipped)[place], 0, within)
