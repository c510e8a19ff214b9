"""Join: one step by which a data set grows, as a plain value that can be kept and repeated.

A data set made of several files is a first log and a list of joins. Each is kept as JSON, shown as the
line of Python that repeats it, and applied again when the data set is refreshed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import pyarrow as pa

from analysis.errors import ParameterError
from analysis.events import EventLog
from analysis.joins.attributes import AttributesAccount, with_attributes
from analysis.joins.catalogue import CatalogueAccount, with_catalogue
from analysis.joins.identities import IdentitiesAccount, with_identities
from analysis.joins.spend import Spend, spend_of
from analysis.reshape import concat, keep_rows, same_rows

JoinKind = Literal["append", "attributes", "identities", "catalogue", "spend"]

_NEEDED: dict[str, tuple[str, ...]] = {
    "append": (),
    "attributes": ("key_column",),
    "identities": ("left", "right"),
    "catalogue": ("key_column", "of_column"),
    "spend": ("day", "cost"),
}
_OPTIONAL: dict[str, tuple[str, ...]] = {
    "append": ("overlap", "load"),
    "attributes": ("columns", "loose", "day_first", "layout"),
    "identities": ("more", "layout"),
    "catalogue": ("columns", "loose", "day_first", "layout"),
    "spend": ("channel", "campaign", "day_first", "layout"),
}


@dataclass(frozen=True, slots=True)
class Append:
    """What became of an appended log.

    Attributes:
        events: Rows of the appended log.
        overlap: Those left out because the first log has them: the same user, instant and cells.
        users: Users of the appended log.
        new_users: Those whom the first log hadn't seen.
    """

    events: int
    overlap: int
    users: int
    new_users: int


JoinAccount: TypeAlias = Append | AttributesAccount | IdentitiesAccount | CatalogueAccount | Spend
"""What `apply` says of a join; of spend it is the spend itself, which no log holds."""


@dataclass(frozen=True, slots=True)
class Join:
    """One step by which a data set grows.

    Attributes:
        kind: What is done: "append" another log of the same kind; user "attributes"; a sheet of
            "identities"; a "catalogue" of products; campaign "spend".
        name: Display name of the file.
        settings: What the function of that kind is given, by name; None stands for its default. Besides,
            "layout": how the file is laid out; for "append" "load", what `load` is given, and "overlap":
            "keep" (default) or "drop" rows that the log has already.

    Raises:
        ParameterError: The kind is none of these, or a setting is unknown or missing.
    """

    kind: JoinKind
    name: str
    settings: dict[str, Any]

    def __post_init__(self) -> None:
        if self.kind not in _NEEDED:
            raise ParameterError.outside("kind", self.kind, "one of " + ", ".join(_NEEDED))
        known = (*_NEEDED[self.kind], *_OPTIONAL[self.kind])
        for name in self.settings:
            if name not in known:
                raise ParameterError.outside("setting", name, "one of " + ", ".join(known))
        for name in _NEEDED[self.kind]:
            if self.settings.get(name) is None:
                raise ParameterError.outside(name, None, "the name of a column")
        if self.settings.get("overlap", "keep") not in ("keep", "drop"):
            raise ParameterError.outside("overlap", self.settings["overlap"], "'keep' or 'drop'")
        given = {name: _plain(value) for name, value in self.settings.items() if value is not None}
        object.__setattr__(self, "settings", given)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"kind": self.kind, "name": self.name, "settings": dict(self.settings)}

    @staticmethod
    def from_dict(said: Mapping[str, Any]) -> Join:
        """The join that `to_dict` wrote."""
        return Join(said["kind"], said["name"], dict(said["settings"]))

    def code(self, variable: str = "log") -> str:
        """The Python that repeats it, `variable` being the log's name; one line, two for overlap."""
        if self.kind == "append":
            other = f"load({', '.join([repr(self.name), *_said(self.settings.get('load', {}))])})"
            if self.settings.get("overlap") == "drop":
                new = f"keep_rows(other, ~same_rows(other, {variable}))"
                return f"other = {other}\n{variable} = concat(({variable}, {new}))"
            return f"{variable} = concat(({variable}, {other}))"
        layout = self.settings.get("layout")
        source = f"table({self.name!r})" if layout is None else f"table({self.name!r}, layout={layout!r})"
        named = self._options()
        if self.kind == "spend":
            given = [*_said({n: self.settings[n] for n in _NEEDED["spend"]}), *_said(named), f"zone={variable}.zone"]
            return f"spend = spend_of({', '.join([source, *given])})"
        columns = [*(self.settings[n] for n in _NEEDED[self.kind]), *self.settings.get("more", ())]
        given = [variable, source, *map(repr, columns), *_said(named)]
        return f"{variable} = with_{self.kind}({', '.join(given)})[0]"

    def _options(self) -> dict[str, Any]:
        """Settings that are arguments by name."""
        apart = {*_NEEDED[self.kind], "layout", "more", "overlap", "load"}
        return {name: value for name, value in self.settings.items() if name not in apart}


def apply(log: EventLog, join: Join, other: EventLog | pa.Table) -> tuple[EventLog | None, JoinAccount]:
    """The log after a join, and the account of it.

    Args:
        log: A whole log.
        join: What is done.
        other: The log to be appended, or the table of the other kinds, as `table` reads it.

    Returns:
        The new log, and the account; for spend no log, and the spend.

    Raises:
        AnalysisError: As the function of that kind.
        ParameterError: A table was given to be appended, or a log to be joined.
    """
    settings, named = join.settings, join._options()
    if isinstance(other, EventLog):
        if join.kind != "append":
            raise ParameterError.outside("other", "a log", "a table")
        return _append(log, other, settings.get("overlap") == "drop")
    if join.kind == "append":
        raise ParameterError.outside("other", "a table", "a log")
    if join.kind == "identities":
        return with_identities(log, other, settings["left"], settings["right"], *settings.get("more", ()))
    if join.kind == "spend":
        return None, spend_of(other, day=settings["day"], cost=settings["cost"], zone=log.zone, **named)
    if join.kind == "catalogue":
        return with_catalogue(log, other, settings["key_column"], settings["of_column"], **named)
    return with_attributes(log, other, settings["key_column"], **named)


def _append(log: EventLog, other: EventLog, drop: bool) -> tuple[EventLog, Append]:
    again = same_rows(other, log) if drop else None
    kept = keep_rows(other, ~again) if again is not None else other
    done = concat((log, kept))
    account = Append(
        events=len(other.time),
        overlap=len(other.time) - len(kept.time),
        users=len(other.user_ids),
        new_users=len(done.user_ids) - len(log.user_ids),
    )
    return done, account


def _plain(value: Any) -> Any:
    """The same with lists for tuples, as JSON gives it back."""
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, (list, tuple)) else value


def _said(settings: Mapping[str, Any]) -> list[str]:
    """Arguments by name, as Python."""
    return [f"{name}={value!r}" for name, value in settings.items() if value is not None]
