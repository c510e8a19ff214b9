"""Sources by configuration: which folders, databases and storage an operator offers.

A TOML file, named by the environment variable FOOTPRINTS_SOURCES, is all there is: no page and no
link can name a path, an address or an account. Nothing configured, nothing offered. The file is
read anew each time, so a change needs no restart.

What is secret is held by `Secret`, which shows itself as "***" wherever it is printed and has to be
asked for its value; texts of errors here never repeat a value from the file.
"""

from __future__ import annotations

import difflib
import math
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from analysis.errors import IntakeError, ParameterError
from analysis.intake.sources.places import AnyPlace, DatabasePlace, FolderPlace, Secret, StoragePlace

VARIABLE = "FOOTPRINTS_SOURCES"
_SECTIONS: dict[str, dict[str, type]] = {
    "folders": {"path": str, "pattern": str},
    "databases": {
        "url": str, "url_env": str, "tables": list, "allow_queries": bool, "row_limit": int, "timeout_seconds": float,
    },
    "storage": {
        "uri": str, "region": str, "endpoint": str, "key_env": str, "secret_env": str, "anonymous": bool,
    },
}  # fmt: skip


def configured() -> dict[str, AnyPlace]:
    """All places by name; empty where nothing is configured.

    Raises:
        IntakeError: The file is missing, is not TOML, or has an unknown word or a value out of rule.
    """
    said = os.environ.get(VARIABLE, "").strip()
    if not said:
        return {}
    path = Path(said)
    try:
        text = path.read_text(encoding="utf-8")
        tree = tomllib.loads(text)
    except (OSError, UnicodeDecodeError):
        raise IntakeError(
            "sources_missing",
            "The file that {variable} names can't be read. Check that it is there, readable, and in UTF-8.",
            variable=VARIABLE,
        ) from None
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"line (\d+)", str(error))
        raise IntakeError(
            "sources_toml",
            "The configuration of sources is not valid TOML at line {line}. Put text values in quotation marks.",
            line=int(at.group(1)) if at else text.count("\n") + 1,
        ) from None
    return _places(tree, path.resolve().parent)


def secret_of(variable: str, place: str) -> str:
    """The value of an environment variable that the configuration names."""
    value = os.environ.get(variable, "")
    if not value:
        raise IntakeError(
            "source_variable",
            "The environment variable {variable}, which '{place}' is configured with, is not set. "
            "Set it and start the app again.",
            variable=variable,
            place=place,
        )
    return value


def _places(tree: Mapping[str, Any], folder: Path) -> dict[str, AnyPlace]:
    found: dict[str, AnyPlace] = {}
    for section, entries in tree.items():
        _known(section, _SECTIONS, "[…]")
        for name, values in entries.items() if isinstance(entries, dict) else [("", None)]:
            where = f"[{section}.{name}]"
            if not isinstance(values, dict) or not name.strip() or not name.isprintable() or len(name) > 80:
                raise ParameterError.outside(where, Secret(""), "a section with a name of at most 80 characters")
            if name in found:
                raise ParameterError.outside(where, name, "a name that no other place has")
            for key, value in values.items():
                _known(key, _SECTIONS[section], where)
                _check(f"{where} {key}", value, _SECTIONS[section][key])
            found[name] = _MAKERS[section](name, values, folder)
    return found


def _check(where: str, value: Any, wanted: type) -> None:
    """Refuses a value of another kind; texts may be secrets and are not repeated."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if wanted is str and not (isinstance(value, str) and value and "\0" not in value):
        raise ParameterError.outside(where, Secret(""), "text in quotation marks")
    if wanted is bool and not isinstance(value, bool):
        raise ParameterError.outside(where, Secret(""), "true or false")
    if wanted is list and not (isinstance(value, list) and all(isinstance(v, str) and v for v in value)):
        raise ParameterError.outside(where, Secret(""), "a list of texts in quotation marks")
    if wanted is int and not (number and isinstance(value, int) and value > 0):
        raise ParameterError.outside(where, value if number else Secret(""), "a whole number above 0")
    if wanted is float and not (number and 0 < value < math.inf):
        raise ParameterError.outside(where, value if number else Secret(""), "a number above 0")


def _folder(name: str, values: dict[str, Any], base: Path) -> FolderPlace:
    pattern = values.get("pattern", "*")
    parts = PurePosixPath(pattern)
    loose = any("**" in part and part != "**" for part in parts.parts)
    if "path" not in values:
        raise ParameterError.outside(f"[folders.{name}] path", "", "the path of a folder")
    if parts.is_absolute() or ".." in parts.parts or not parts.parts or loose:
        raise ParameterError.outside(
            f"[folders.{name}] pattern", pattern, "a pattern inside the folder, such as '*.csv' or '**/*.csv'"
        )
    return FolderPlace(name, base / values["path"], pattern)


def _database(name: str, values: dict[str, Any], base: Path) -> DatabasePlace:
    if ("url" in values) == ("url_env" in values):
        raise ParameterError.outside(f"[databases.{name}]", Secret(""), "given one of url and url_env, not both")
    kept = dict(values)
    if "url" in kept:
        kept["url"] = Secret(kept["url"])
    if "tables" in kept:
        kept["tables"] = tuple(dict.fromkeys(kept["tables"]))
    return DatabasePlace(name, **kept)


def _storage(name: str, values: dict[str, Any], base: Path) -> StoragePlace:
    where = f"[storage.{name}]"
    if not re.match(r"s3://[^/@?:]+(/|$)|file:///", values.get("uri", "")):
        raise ParameterError.outside(
            f"{where} uri", Secret(""), "s3://bucket/prefix or file:///folder, without an account"
        )
    if ("key_env" in values) != ("secret_env" in values):
        raise ParameterError.outside(where, Secret(""), "given both of key_env and secret_env, or neither")
    if values.get("anonymous") and "key_env" in values:
        raise ParameterError.outside(f"{where} anonymous", True, "false where an account is given")
    if "@" in values.get("endpoint", ""):
        raise ParameterError.outside(f"{where} endpoint", Secret(""), "an address without an account")
    return StoragePlace(name, **values)


_MAKERS: dict[str, Callable[[str, dict[str, Any], Path], AnyPlace]] = {
    "folders": _folder,
    "databases": _database,
    "storage": _storage,
}


def _known(word: str, known: Mapping[str, object], where: str) -> None:
    if word not in known:
        near = difflib.get_close_matches(word, known, n=1, cutoff=0.5) or list(known)
        raise IntakeError(
            "sources_word",
            "The configuration of sources has the word '{word}' in {where}, which is unknown. Nearest: {near}.",
            word=word,
            where=where,
            near=", ".join(near),
        )
