"""People: one person from several id columns of one file.

A row with a user id and a device id says that the two belong to one person, and so, by chains of
such rows, do all ids of a connected component. That holds for every row of the file, whether it
becomes an event or not. An id is an id *of its column*: "12" in two columns is two ids until a row
has both. Ids that stand for nobody ("0", "guest") join nobody, and are passed over where another
column of the row knows better.

Components are what they are: a device that two people share makes one person of them. So those are
counted, and so are components too large to be one person.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.intake.components import LARGE, roots
from analysis.intake.flags import NOBODY
from analysis.intake.rows import free_name
from analysis.intake.values.cells import Text, look_up


def people(columns: Mapping[str, Text]) -> tuple[Text, dict[str, int]]:
    """The person of each row, and what was joined.

    Args:
        columns: Header -> ids of each row, the most telling column first; all of the same length.

    Returns:
        The person as text, −1 where no column gives an id. A person is shown by the first id of the
        first column that has one of theirs; by "id (column)" where an earlier column has somebody
        of that id. And the flags: `ids_joined`, people with more than one id; `large_identities`,
        people of more than `LARGE` ids; `shared_devices`, people with several ids of the first column.
    """
    nodes, begins = _numbered(columns)
    first = np.full(len(nodes[0]), -1, np.int32)
    pairs = []
    for node, text in zip(nodes, columns.values(), strict=True):
        known = np.where(look_up(for_nobody(text.values), text.codes, True), np.int32(-1), node)
        pairs.append((first, known))
        first = np.where(first < 0, known, first)
    for node in nodes:  # nobody is better than nothing
        first = np.where(first < 0, node, first)
    root = roots(int(begins[-1]), pairs)
    is_root = root == np.arange(len(root))
    table = (np.cumsum(is_root) - 1).astype(np.int32)[root]
    sizes = np.bincount(root, minlength=len(root))
    mains = np.bincount(root[: begins[1]], minlength=len(root))
    flags = {
        "ids_joined": int((sizes > 1).sum()),
        "large_identities": int((sizes > LARGE).sum()),
        "shared_devices": int((mains > 1).sum()),
    }
    person = Text(look_up(table, first, -1), _shown(columns, begins, is_root))
    return person.compact(), flags  # an id that was always passed over is nobody's


def for_nobody(ids: pa.Array) -> np.ndarray:
    """Which ids stand for nobody."""
    lower = pc.utf8_lower(ids)
    return pc.is_in(lower, value_set=pa.array(NOBODY, lower.type)).to_numpy(zero_copy_only=False)


def _numbered(columns: Mapping[str, Text]) -> tuple[list[np.ndarray], np.ndarray]:
    """Ids of all columns in one numbering, column after column, and where each column's begin."""
    begins = np.cumsum([0, *(len(text.values) for text in columns.values())])
    nodes = [
        np.where(text.codes >= 0, text.codes + begin, -1).astype(np.int32)
        for text, begin in zip(columns.values(), begins[:-1], strict=True)
    ]
    return nodes, begins


def _shown(columns: Mapping[str, Text], begins: np.ndarray, is_root: np.ndarray) -> pa.Array:
    """The id by which each person is shown; all are different."""
    taken: set[str] = set()
    parts: list[pa.Array] = []
    for (name, text), begin in zip(columns.items(), begins[:-1], strict=True):
        ids = text.values.filter(pa.array(is_root[begin : begin + len(text.values)])).to_pylist()
        clashes = [place for place, word in enumerate(ids) if word in taken]
        taken.update(ids)
        for place in clashes:
            ids[place] = free_name(f"{ids[place]} ({name})", taken)
            taken.add(ids[place])
        parts.append(pa.array(ids, pa.string()))
    return pa.concat_arrays(parts)
