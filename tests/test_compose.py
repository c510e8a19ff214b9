"""Compose: data sets grow, are cleaned up, taken back and read again; nothing is lost on the way."""

import pyarrow as pa
import pytest

import analysis
from analysis import compose, edits, joins, load, reshape
from analysis.edits import HideEvents, RenameEvents
from analysis.errors import AnalysisError, IntakeError
from analysis.joins import Join
from analysis.store import Workspace

JAN = (
    b"user_id,time,event,amount\nu1,2026-01-05 10:00:00,view,\nu1,2026-01-05 11:00:00,buy,5\n"
    b"u2,2026-01-31 10:00:00,beat,\n,2026-01-31,view,\n"
)
FEB = (
    b"user_id,time,event,amount\nu2,2026-01-31 10:00:00,beat,\nu2,2026-02-01 09:00:00,buy,7\n"
    b"u3,2026-02-02 09:00:00,view,\n"
)
ROLES = {"user": "user_id", "time": "time", "event": "event", "amount": "amount"}


@pytest.fixture
def space(tmp_path, monkeypatch):
    monkeypatch.delenv("FOOTPRINTS_DATABASE", raising=False)
    monkeypatch.delenv("FOOTPRINTS_SOURCES", raising=False)
    return Workspace(tmp_path / "space")


@pytest.fixture
def jan(space):
    return space.add(space.receive([JAN], "jan.csv"), roles=ROLES)


def events(space, dataset):
    log = space.open(dataset.fingerprint)
    return [
        (u, log.events.values[e]) for u, e in zip(log.ids(reshape.users_of_rows(log)), log.events.codes, strict=True)
    ]


def test_appending_leaves_the_overlap_out_and_keeps_both_files_apart_in_the_ledger(space, jan):
    both = compose.append(space, jan.fingerprint, space.receive([FEB], "feb.csv"), roles=ROLES)
    assert events(space, both) == [("u1", "view"), ("u1", "buy"), ("u2", "beat"), ("u2", "buy"), ("u3", "view")]
    ledger = space.open(both.fingerprint).ledger
    assert [(n, p.rows, p.used, p.dropped) for n, p in ledger.parts] == [
        ("jan.csv", 4, 3, {"no_user": 1}),
        ("feb.csv", 3, 2, {"overlap": 1}),
    ]
    assert ledger.closes() and (ledger.rows, ledger.used) == (7, 5)
    assert [d.fingerprint for d in space.datasets()] == [both.fingerprint]
    part = both.made_of["joins"][0]["part"]
    assert space.dropped_path(part).exists() and both.name == "jan.csv"


def test_appending_the_same_file_again_is_refused_and_changes_nothing(space, jan):
    with pytest.raises(IntakeError) as error:
        compose.append(space, jan.fingerprint, space.receive([JAN], "jan again.csv"), roles=ROLES)
    assert error.value.code == "nothing_new" and [d.fingerprint for d in space.datasets()] == [jan.fingerprint]


def test_a_third_file_is_compared_with_both_before(space, jan):
    both = compose.append(space, jan.fingerprint, space.receive([FEB], "feb.csv"), roles=ROLES)
    more = FEB + b"u4,2026-03-01 09:00:00,view,\n" + JAN.split(b"\n", 1)[1]
    three = compose.append(space, both.fingerprint, space.receive([more], "mar.csv"), roles=ROLES)
    assert len(events(space, three)) == 6
    assert space.open(three.fingerprint).ledger.parts[2][1].dropped == {"no_user": 1, "duplicate": 1, "overlap": 5}


def test_attributes_become_properties_and_can_be_taken_out(space, jan):
    step = Join("attributes", "users.csv", {"key_column": "id"})
    made = compose.join(space, jan.fingerprint, step, pa.table({"id": ["u1", "u9"], "city": ["Bonn", "Rome"]}))
    log = space.open(made.fingerprint)
    assert log.where("city", "Bonn").ids(log.where("city", "Bonn").users) == ["u1"]
    assert compose.without(space, made.fingerprint, 0).fingerprint == jan.fingerprint
    assert [d.fingerprint for d in space.datasets()] == [jan.fingerprint]


def test_edits_act_after_all_joins_and_an_empty_recipe_takes_them_back(space, jan):
    recipe = (RenameEvents((("buy", "order"),)), HideEvents(("beat",)))
    made = compose.edit(space, jan.fingerprint, recipe)
    assert events(space, made) == [("u1", "view"), ("u1", "order")]
    both = compose.append(space, made.fingerprint, space.receive([FEB], "feb.csv"), roles=ROLES)
    assert events(space, both) == [("u1", "view"), ("u1", "order"), ("u2", "order"), ("u3", "view")]
    assert compose.edits_of(both) == recipe
    raw = compose.unedited(space, both.fingerprint)
    assert raw.events.code("beat", "event")
    assert compose.edit(space, made.fingerprint, ()).fingerprint == jan.fingerprint


def test_a_recipe_that_does_not_fit_is_refused_and_changes_nothing(space, jan):
    with pytest.raises(AnalysisError):
        compose.edit(space, jan.fingerprint, (HideEvents(("nowhere",)),))
    assert [d.fingerprint for d in space.datasets()] == [jan.fingerprint]


def test_refreshing_reads_the_source_and_repeats_every_step(space, tmp_path, monkeypatch):
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "events.csv").write_bytes(JAN)
    (tmp_path / "sources.toml").write_text(f'[folders.exports]\npath = "{exports}"\n')
    monkeypatch.setenv("FOOTPRINTS_SOURCES", str(tmp_path / "sources.toml"))
    source = compose.Source(place="exports", kind="folder", item="events.csv")
    first = space.add(space.receive_from(source), roles=ROLES)
    made = compose.edit(space, first.fingerprint, (HideEvents(("beat",)),))
    assert compose.refresh(space, made.fingerprint).already_there
    (exports / "events.csv").write_bytes(JAN + b"u5,2026-02-05 10:00:00,view,\n")
    fresh = compose.refresh(space, made.fingerprint)
    assert events(space, fresh) == [("u1", "view"), ("u1", "buy"), ("u5", "view")]
    assert [d.fingerprint for d in space.datasets()] == [fresh.fingerprint]


def test_a_file_of_a_person_cannot_be_refreshed(space, jan):
    with pytest.raises(IntakeError) as error:
        compose.refresh(space, jan.fingerprint)
    assert error.value.code == "no_source"


def test_the_code_shown_makes_the_same_log(space, jan, tmp_path, monkeypatch):
    step = Join("attributes", "users.csv", {"key_column": "id"})
    (tmp_path / "users.csv").write_text("id,city\nu1,Bonn\nu9,Rome\n")
    made = compose.append(space, jan.fingerprint, space.receive([FEB], "feb.csv"), roles=ROLES)
    made = compose.join(space, made.fingerprint, step, joins.table(tmp_path / "users.csv"))
    made = compose.edit(space, made.fingerprint, (HideEvents(("beat",)),))
    (tmp_path / "jan.csv").write_bytes(JAN)
    (tmp_path / "feb.csv").write_bytes(FEB)
    monkeypatch.chdir(tmp_path)
    lines = compose.code(made, {d.fingerprint: d for d in space.datasets(listed=False)})
    said = "\n".join([*compose.imports("\n".join(lines)), *lines])
    names = {}
    exec(said, names)  # the text is ours
    log, kept = names["log"], space.open(made.fingerprint)
    assert log.time.tolist() == kept.time.tolist() and log.words("city").values == kept.words("city").values
    assert {"load", "concat", "with_attributes", "HideEvents"} <= set(names)


def test_imports_name_what_is_used():
    lines = compose.imports("log = load('a')\nlog = HideEvents(events=('x',)).apply(log)\nFunnel(steps=('a',))")
    assert lines == ["from analysis import Funnel, load", "from analysis.edits import HideEvents"]
    assert edits.HideEvents is HideEvents and analysis.load is load
