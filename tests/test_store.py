"""Store: imported or not imported, never half; two processes, one workspace."""

import io
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from analysis import load
from analysis.errors import IntakeError, ParameterError, UnknownValueError
from analysis.events import from_rows
from analysis.intake import keep
from analysis.intake.assignments import with_assignments
from analysis.store import Workspace

ROOT = Path(__file__).resolve().parents[1]
EVENTS = b"user_id,time,event\nu1,2026-01-05 10:00,view\nu1,2026-01-05 11:00,buy\n,2026-01-05,view\n"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    monkeypatch.delenv("FOOTPRINTS_DATABASE", raising=False)
    monkeypatch.delenv("FOOTPRINTS_WORKSPACE", raising=False)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A workspace with one data set, for tests that only look."""
    workspace = Workspace(tmp_path_factory.mktemp("shared"))
    return workspace, workspace.add(workspace.receive(io.BytesIO(EVENTS), "../../my events.csv"))


def files(folder):
    return sorted(
        str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() and not p.name.startswith("footprints.db")
    )


def test_an_import_is_complete(shared):
    workspace, made = shared
    assert (made.name, made.rows, made.events, made.users, made.shape, made.already_there) == (
        "my events.csv",
        3,
        2,
        1,
        "events",
        False,
    )
    assert workspace.datasets() == [made] and workspace.dataset(made.fingerprint) == made
    folder = workspace.folder / "datasets" / made.fingerprint
    assert sorted(p.name for p in folder.iterdir()) == [
        "log.arrow",
        "log.json",
        "meta.json",
        "rejected.parquet",
        "users.arrow",
    ]
    assert not list(workspace.folder.glob("in/*.part"))
    log = workspace.open(made.fingerprint)
    assert log.ledger.dropped == {"no_user": 1} and log.fingerprint == made.fingerprint and log.n_events == 2
    assert workspace.dropped_path(made.fingerprint).exists()


def test_load_args_repeat_the_import(shared, tmp_path):
    workspace, made = shared
    (tmp_path / "a.csv").write_bytes(EVENTS)
    again = load(tmp_path / "a.csv", **made.load_args)
    assert again.time.tolist() == workspace.open(made.fingerprint).time.tolist()
    assert json.dumps(made.load_args)


def test_the_same_content_is_one_data_set(shared):
    workspace, made = shared
    again = workspace.add(workspace.receive([EVENTS[:10], EVENTS[10:]], "other name.csv"))
    assert again.already_there and again.fingerprint == made.fingerprint and len(workspace.datasets()) == 1
    explicit = workspace.add(
        workspace.receive([EVENTS], "c.csv"), roles={"event": "event", "time": "time", "user": "user_id"}
    )
    assert explicit.already_there


def test_other_settings_are_another_data_set(tmp_path):
    workspace = Workspace(tmp_path)
    roles = {"user": "user_id", "time": "time", "event": "event"}
    one = workspace.add(workspace.receive([EVENTS], "a.csv"), roles=roles)
    two = workspace.add(workspace.receive([EVENTS], "a.csv"), roles=roles, time_zone="Asia/Shanghai", name="Shanghai")
    assert one.fingerprint != two.fingerprint
    assert [d.name for d in workspace.datasets()] == ["Shanghai", "a.csv"]
    workspace.rename(one.fingerprint, "first")
    assert workspace.dataset(one.fingerprint).name == "first"
    pin = workspace.add_pin(one.fingerprint, {"question": "Funnel"}, {}, "x")
    workspace.remove(one.fingerprint)
    assert [d.name for d in workspace.datasets()] == ["Shanghai"] and workspace.pins() == []
    workspace.remove_pin(pin)
    with pytest.raises(UnknownValueError):
        workspace.open(one.fingerprint)


def test_a_refused_upload_stays_to_be_tried_otherwise(tmp_path):
    workspace = Workspace(tmp_path)
    upload = workspace.receive([b"user_id,date,event\nu1,01/02/2026,a\n"], "a.csv")
    assert workspace.inspect(upload).asks == ("day_first",)
    with pytest.raises(IntakeError) as error:
        workspace.add(upload)
    assert error.value.code == "day_order" and upload.path.exists()
    assert not list((tmp_path / "datasets").glob(".*-*"))
    assert workspace.add(upload, day_first=True).first_at.month == 2
    assert not upload.path.exists()


def test_roles_are_remembered_for_the_same_headers(tmp_path):
    workspace = Workspace(tmp_path)
    first = workspace.receive([b"a,b,c\nu1,2026-01-05,x\n"], "a.csv")
    reading = workspace.inspect(first)
    workspace.remember_roles(reading.header_key, {"user": "a", "time": "b", "event": "c"})
    other = workspace.receive([b"c,b,a\ny,2026-01-06,u2\n"], "b.csv")
    assert workspace.inspect(other).roles == {"user": "a", "time": "b", "event": "c"}
    assert workspace.add(other).users == 1


def test_pins_survive(shared):
    workspace, made = shared
    number = workspace.add_pin(
        made.fingerprint, {"question": "Funnel", "steps": ["a"]}, {"between": ["2026-01-01", None]}, "Half leave"
    )
    found = Workspace(workspace.folder).pins(made.fingerprint)[0]
    assert (found.id, found.question["steps"], found.scope, found.headline) == (
        number,
        ["a"],
        {"between": ["2026-01-01", None]},
        "Half leave",
    )
    workspace.remove_pin(number)
    assert workspace.pins() == []


def test_notes_survive_and_go_with_their_data(tmp_path):
    workspace = Workspace(tmp_path)
    roles = {"user": "user_id", "time": "time", "event": "event"}
    made = workspace.add(workspace.receive([EVENTS], "a.csv"), roles=roles)
    workspace.add_note(made.fingerprint, "2026-03-02", " release  2 ")
    early = workspace.add_note(made.fingerprint, date(2026, 3, 1), "sale")
    found = Workspace(workspace.folder).notes(made.fingerprint)
    assert [(n.day, n.text) for n in found] == [(date(2026, 3, 1), "sale"), (date(2026, 3, 2), "release 2")]
    workspace.remove_note(early)
    assert [n.text for n in workspace.notes(made.fingerprint)] == ["release 2"]
    for day, text in (("soon", "x"), ("2026-03-01", " "), ("2026-03-01", "x" * 201)):
        with pytest.raises(ParameterError):
            workspace.add_note(made.fingerprint, day, text)
    workspace.remove(made.fingerprint)
    assert workspace.notes(made.fingerprint) == []


def test_a_log_made_here_is_kept(tmp_path):
    workspace = Workspace(tmp_path)
    log = with_assignments(from_rows([{"user": "u", "time": "2026-01-05", "event": "a"}]), ["v"], ["x"])
    made = workspace.add_derived(log, name="with arms")
    assert made.users == 2 and made.load_args == {} and workspace.open(made.fingerprint).roles["arm"] == "arm"
    assert workspace.add_derived(log, name="again").already_there


CRASH = """
import os, sys
from analysis.intake import keep
from analysis.store import Workspace
keep.step = lambda name: os._exit(9) if name == sys.argv[2] else None
workspace = Workspace(__import__("pathlib").Path(sys.argv[1]))
roles = {"user": "user_id", "time": "time", "event": "event"}
workspace.add(workspace.receive([sys.argv[3].encode()], "a.csv"), roles=roles)
print("acknowledged", flush=True)
"""


@pytest.mark.parametrize("step", keep.STEPS)
def test_a_crash_at_any_step_leaves_nothing_half(tmp_path, step):
    done = subprocess.run(
        [sys.executable, "-c", CRASH, str(tmp_path), step, EVENTS.decode()],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 9 and "acknowledged" not in done.stdout, done.stderr
    workspace = Workspace(tmp_path)
    catalogued = step in ("catalogued", "cleared")
    assert len(workspace.datasets()) == int(catalogued)
    assert len(list((tmp_path / "datasets").glob("[!.]*"))) == int(catalogued)
    assert not list((tmp_path / "datasets").glob(".*-*")) and not list((tmp_path / "in").glob("*.part"))
    if catalogued:
        assert workspace.open(workspace.datasets()[0].fingerprint).n_events == 2


def test_the_sweep_leaves_living_processes_alone(tmp_path):
    one = Workspace(tmp_path)
    upload = one.receive([EVENTS], "a.csv")
    Workspace(tmp_path)
    assert upload.path.exists()


def test_what_does_not_open_is_set_aside(tmp_path):
    workspace = Workspace(tmp_path)
    made = workspace.add_derived(from_rows([{"user": "u", "time": "2026-01-05", "event": "a"}]), name="a")
    (tmp_path / "datasets" / made.fingerprint / "log.arrow").write_bytes(b"broken")
    assert Workspace(tmp_path).datasets() == []
    assert len(list((tmp_path / "set_aside").iterdir())) == 1


def test_a_lost_catalogue_loses_no_data(tmp_path):
    made = Workspace(tmp_path).add_derived(from_rows([{"user": "u", "time": "2026-01-05", "event": "a"}]), name="a")
    for path in tmp_path.glob("footprints.db*"):
        path.unlink()
    assert Workspace(tmp_path).datasets() == []
    assert [p.name.startswith(made.fingerprint) for p in (tmp_path / "set_aside").iterdir()] == [True]


def test_a_ledger_that_does_not_close_stops_the_import(tmp_path, monkeypatch):
    from analysis.intake import confine

    workspace = Workspace(tmp_path)
    genuine = confine.read

    def lose_a_row(*args):
        done = genuine(*args)
        done["ledger"]["rows"] += 1
        return done

    monkeypatch.setattr(confine, "read", lose_a_row)
    with pytest.raises(IntakeError) as error:
        workspace.add(workspace.receive([EVENTS], "a.csv"), roles={"user": "user_id", "time": "time", "event": "event"})
    assert error.value.code == "ledger_open" and workspace.datasets() == []


def test_cancelling_by_an_exception_leaves_nothing(tmp_path):
    workspace = Workspace(tmp_path)

    def cancel(share, rows):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        workspace.add(workspace.receive([EVENTS], "a.csv"), roles={"user": "user_id", "time": "time"}, progress=cancel)
    assert workspace.datasets() == [] and not list((tmp_path / "datasets").glob(".*-*"))


def test_folder_and_database_come_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("FOOTPRINTS_WORKSPACE", str(tmp_path / "w"))
    monkeypatch.setenv("FOOTPRINTS_DATABASE", f"sqlite:///{tmp_path / 'other.db'}")
    assert Workspace().folder == (tmp_path / "w").resolve()
    assert (tmp_path / "other.db").exists()
