"""R5: every import adds up: the ledger says what the generator knows, to the row, the line and the user."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.intake import read
from tests.reliability.generate import counts, generated
from tests.reliability.workers import rounds

FLAGS = ("unknown_ids", "unreadable_numbers")


def difference(folder: Path, seed: int) -> str:
    """How what was read differs from the truth; "" where it doesn't."""
    file = generated(seed)
    path = folder / file.name
    path.write_bytes(file.content)
    try:
        done = read(path, roles=file.roles, layout=file.layout)
    except Exception as error:
        return f"{file.name}: {type(error).__name__} {error}"
    finally:
        path.unlink()
    truth, ledger = file.truth, done.ledger
    told = {
        "rows": (truth.rows, ledger.rows),
        "lines": (truth.lines, ledger.lines),
        "dropped": (dict(+truth.dropped), ledger.dropped),
        "users": (dict(truth.users), dict(counts(done))),
        "flagged": (dict(+truth.flagged), {k: n for k, n in ledger.flagged.items() if k in FLAGS}),
        "reasons": (sorted(truth.dropped.elements()), sorted(done.dropped["reason"].to_pylist())),
        "closes": (True, ledger.closes()),
    }
    wrong = {name: pair for name, pair in told.items() if pair[0] != pair[1]}
    return f"{file.name}: {wrong}" if wrong else ""


def differences(folder: Path, seeds: range) -> list[str]:
    return [said for seed in seeds if (said := difference(folder, seed))]


def test_generated_files_add_up(tmp_path) -> None:  # type: ignore[no-untyped-def]
    found = differences(tmp_path, range(100))
    assert not found, "\n".join(found[:5])


@pytest.mark.slow
def test_r5_five_thousand_generated_files_add_up(tmp_path, tell) -> None:  # type: ignore[no-untyped-def]
    seeds = range(10_000, 10_000 + rounds(5_000))
    found = differences(tmp_path, seeds)
    tell(f"R5: {len(seeds)} files, {len(found)} differences")
    assert not found, "\n".join(found[:5])
