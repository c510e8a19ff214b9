"""Table kind: what kind of table the roles make, and which other tables belong to a log.

A log comes from event rows, order rows, milestones or a result table (`shape_of`). Beside a log
stand tables that are none: what is known of each user, which ids are one person, what was spent a
day, what is sold. `table_kind` tells them apart, so that none is read as a log by mistake.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from analysis.events import Shape
from analysis.intake.guessing import headers
from analysis.intake.guessing.profiles import Profile, profile
from analysis.intake.reading import Guess, Roles
from analysis.intake.values.cells import Cells

TableKind = Literal["events", "orders", "milestones", "results", "attributes", "identities", "spend", "catalogue"]

_PRODUCT = re.compile(
    r"\b(sku|product|item|goods|asin|spu|article|material|stock|barcode|handle)\b ?(id|code|no|number|key)?$"
    r"|^(商品|货品|货号|物料|存货|产品|菜品|课程|图书)?(id|编码|编号|货号|条码|代码|款号)$|sku|条形码"
)
_REACH = re.compile(r"impression|click|\bctr\b|\bcpc\b|\bcpm\b|reach|conversion|曝光|展现|展示|点击|转化|投产|roi")
_ID = re.compile(r"(id|编号|编码|号|号码|手机|标识|email|邮箱|mail|phone|mobile|uuid|idfa|oaid|imei)$")
_RECORD = re.compile(
    r"\b(ticket|case|activity|task|record|message|log|row)\b ?(id|no|number)$|^id$"
    r"|(工单|记录|流水|日志|消息)(编号|号|id)$"
)
_SUMMED, _FIRST = re.compile(r"累计|历史|lifetime|\btotal (orders|spent|spend)\b"), re.compile(r"首次|首单|\bfirst\b")
"""Sums over a user's life; beside them the first purchase describes the user as well."""


def shape_of(roles: Roles) -> Shape:
    """The kind of log that some roles make."""
    if roles.get("milestone"):
        return "milestones"
    if not roles.get("time"):
        return "results"
    if roles.get("event"):
        return "events"
    money = roles.get("order") or roles.get("amount") or (roles.get("quantity") and roles.get("price"))
    return "orders" if money else "events"


def table_kind(guesses: Sequence[Guess], best: Roles, sample: Mapping[str, Cells]) -> TableKind:
    """What kind of table it is.

    **Definition.** In this order:
      * identities: two or more columns of ids of people, at most one other column beside times, and
        no event, money or arm.
      * spend: no user; a date, a cost, and a channel, a campaign or figures of reach.
      * catalogue: no user and no order; an id of a product that is unique, and its name, price or category.
      * results: an arm, users that are unique or absent, and no event.
      * attributes: users that are unique, no event, order, quantity or arm, and no time but such as
        describe the person or the record of them (birthday, registration, last visit).
      * otherwise what `shape_of` says.

    Args:
        guesses: As `guess` gave them.
        best: As `choose` gave them.
        sample: The first rows.
    """
    seen = {name: profile(column) for name, column in sample.items()}
    user = str(best["user"]) if "user" in best else None
    if _identities(best, seen):
        return "identities"
    if user is None and _spend(guesses, best, seen):
        return "spend"
    if user is None and "order" not in best and "event" not in best and _catalogue(seen):
        return "catalogue"
    once = user is None or seen[user].unique
    if "arm" in best and once and "event" not in best and "order" not in best:
        return "results"
    if user is not None and once and _attributes(user, best, seen):
        return "attributes"
    return shape_of(best)


def _identities(best: Roles, seen: Mapping[str, Profile]) -> bool:
    """Ids of people and little else."""
    if {"event", "amount", "order", "quantity", "arm", "page", "session"} & set(best):
        return False
    ids = {
        n for n, p in seen.items() if headers.fit("user", n) >= 0.6 and _ID.search(headers.bare(n)) and p.dates < 0.5
    }
    others = [n for n, p in seen.items() if n not in ids and p.dates < 0.5 and not headers.fit("time", n)]
    return len(ids) >= 2 and len(others) <= 1


def _spend(guesses: Sequence[Guess], best: Roles, seen: Mapping[str, Profile]) -> bool:
    """Money spent a day on reaching people."""
    cost = any(headers.fit("cost", n) >= 0.7 and p.numbers >= 0.8 for n, p in seen.items())
    where = any(g.role in ("channel", "campaign") for g in guesses)
    reach = any(_REACH.search(headers.spoken(n)) and p.numbers >= 0.8 for n, p in seen.items())
    return cost and (where or reach) and "order" not in best and any(p.dates >= 0.8 for p in seen.values())


def _catalogue(seen: Mapping[str, Profile]) -> bool:
    """Products, each once."""
    ids = [n for n, p in seen.items() if _PRODUCT.search(headers.spoken(n)) and p.unique and p.share > 0.95]
    said = re.compile(r"name|title|price|categor|brand|description|名称|标题|价|类目|分类|品牌|品类")
    return bool(ids) and any(said.search(headers.spoken(n)) for n in seen if n not in ids)


def _attributes(user: str, best: Roles, seen: Mapping[str, Profile]) -> bool:
    """What is known of each user, one row each."""
    if {"event", "order", "quantity", "price", "arm", "session", "page"} & set(best):
        return False
    if any(_RECORD.search(headers.spoken(n)) and p.unique for n, p in seen.items() if n != user):
        return False
    stamped = best.get("milestone", best.get("time", ()))
    columns = (stamped,) if isinstance(stamped, str) else stamped
    words = [headers.spoken(n) for n in columns]
    summed = any(_SUMMED.search(headers.spoken(n)) for n in seen)
    return all(headers.LIFELONG.search(w) or (summed and _FIRST.search(w)) for w in words)
