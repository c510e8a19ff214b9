"""Incoming: a file arrives whole, slice by slice, for its owner alone; all else is refused."""

import hashlib
import resource
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.intake import incoming
from analysis.intake.incoming import IDLE_SECONDS, LIFE_SECONDS, TOGETHER, Incoming, RefusedError

ROWS = b"user_id,time,event\nu1,2026-01-05 10:00,view\n"


class Clock:
    now = 1_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def desk(tmp_path, clock):
    return desk_in(tmp_path, clock)


def desk_in(folder, clock):
    numbers = iter(range(1_000_000))

    def reserve():
        number = f"owner-{next(numbers)}"
        return number, folder / f"{number}.part"

    return Incoming(reserve, clock)


def send(desk, token, content, *, which=0, at=0, size=None, name="a.csv"):
    """One slice, as the route sends it."""
    part = desk.begin(token, which, at=at, size=len(content) if size is None else size, name=name)
    try:
        desk.append(part, content)
    finally:
        told = desk.end(part)
    return told


@contextmanager
def refused(status, code):
    with pytest.raises(RefusedError) as caught:
        yield caught
    assert (caught.value.status, caught.value.code) == (status, code)


def left(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_in_two_slices_is_whole_with_its_size_and_hash(desk, tmp_path):
    token = desk.grant("anna", 1000)
    assert send(desk, token, ROWS[:10], size=len(ROWS)) == {"at": 10}
    assert desk.collect("anna") == []
    assert send(desk, token, ROWS[10:], at=10, size=len(ROWS)) == {"at": len(ROWS), "id": "owner-0"}
    (part,) = desk.collect("anna")
    assert (part.id, part.name, part.size, part.sha256) == (
        "owner-0",
        "a.csv",
        len(ROWS),
        hashlib.sha256(ROWS).hexdigest(),
    )
    assert part.path.read_bytes() == ROWS


def test_an_empty_file_is_whole_at_once(desk):
    assert send(desk, desk.grant("anna", 1000), b"") == {"at": 0, "id": "owner-0"}
    assert desk.collect("anna")[0].sha256 == hashlib.sha256(b"").hexdigest()


def test_a_whole_file_is_handed_out_once_and_to_its_owner_alone(desk):
    send(desk, desk.grant("anna", 1000), ROWS)
    assert desk.collect("ben") == []
    assert len(desk.collect("anna")) == 1
    assert desk.collect("anna") == []


def test_several_files_come_in_the_order_in_which_they_were_begun(desk):
    token = desk.grant("anna", 1000)
    for which, name in enumerate(("a.csv", "b.csv", "c.csv")):
        send(desk, token, ROWS, which=which, name=name)
    assert [part.name for part in desk.collect("anna")] == ["a.csv", "b.csv", "c.csv"]


def test_a_slice_at_the_wrong_place_is_told_the_right_one(desk):
    token = desk.grant("anna", 1000)
    with refused(409, "elsewhere") as caught:
        send(desk, token, ROWS[5:], at=5, size=len(ROWS))
    assert caught.value.facts == {"at": 0}
    send(desk, token, ROWS[:10], size=len(ROWS))
    for wrong in (0, 9, 11):
        with refused(409, "elsewhere") as caught:
            send(desk, token, b"x", at=wrong, size=len(ROWS))
        assert caught.value.facts == {"at": 10}


def test_what_arrived_of_a_slice_that_broke_off_counts(desk):
    token = desk.grant("anna", 1000)
    part = desk.begin(token, 0, at=0, size=len(ROWS))
    desk.append(part, ROWS[:7])  # then the line is gone, and nothing of the rest comes
    assert desk.end(part) == {"at": 7}
    send(desk, token, ROWS[7:], at=7, size=len(ROWS))
    assert desk.collect("anna")[0].path.read_bytes() == ROWS


def test_who_did_not_hear_that_the_file_is_whole_is_told_again(desk):
    token = desk.grant("anna", 1000)
    send(desk, token, ROWS)
    for at in (0, len(ROWS)):
        with refused(409, "elsewhere") as caught:
            send(desk, token, b"", at=at, size=len(ROWS))
        assert caught.value.facts == {"at": len(ROWS), "id": "owner-0"}


def test_two_at_the_same_file_do_not_mix(desk):
    token = desk.grant("anna", 1000)
    part = desk.begin(token, 0, at=0, size=len(ROWS))
    with refused(409, "busy"):
        desk.begin(token, 0, at=0, size=len(ROWS))
    desk.end(part)


def test_a_file_does_not_change_its_size_on_the_way(desk):
    token = desk.grant("anna", 1000)
    send(desk, token, ROWS[:10], size=len(ROWS))
    with refused(409, "changed"):
        send(desk, token, ROWS[10:], at=10, size=len(ROWS) + 1)


@pytest.mark.parametrize("token", ["", "x", "x.y", "é.ü", "." * 9])
def test_a_token_that_is_not_ours_is_refused(desk, token):
    with refused(403, "forged"):
        send(desk, token, ROWS)
    with refused(403, "forged"):
        desk.cancel(token, 0)


def test_a_token_can_not_be_changed_or_carried_over_a_restart(desk, tmp_path, clock):
    token, other = desk.grant("anna", 1000), desk.grant("anna", 10_000)
    with refused(403, "forged"):
        send(desk, f"{other.partition('.')[0]}.{token.partition('.')[2]}", ROWS)
    with refused(403, "forged"):
        send(desk_in(tmp_path, clock), token, ROWS)


def test_a_token_starts_a_file_for_some_hours_and_then_finishes_it(desk, clock):
    token = desk.grant("anna", 1000)
    clock.now += LIFE_SECONDS - 1
    send(desk, token, ROWS[:10], size=len(ROWS))
    clock.now += 2
    with refused(403, "expired"):
        send(desk, token, ROWS, which=1)
    assert "id" in send(desk, token, ROWS[10:], at=10, size=len(ROWS))


def test_each_file_of_a_token_is_sent_once(desk):
    token = desk.grant("anna", 1000, files=2)
    send(desk, token, ROWS)
    desk.collect("anna")
    with refused(403, "used_up"):
        send(desk, token, ROWS)
    for which in (-1, 2):
        with refused(403, "used_up"):
            send(desk, token, ROWS, which=which)
    assert "id" in send(desk, token, ROWS, which=1)


def test_what_is_announced_as_too_large_is_refused_before_a_byte(desk, tmp_path):
    with refused(413, "too_big"):
        send(desk, desk.grant("anna", len(ROWS) - 1), ROWS)
    with refused(413, "too_big"):
        send(desk, desk.grant("anna", 1000), ROWS, size=-1)
    assert left(tmp_path) == []


def test_more_than_announced_is_cut_off_and_removed(desk, tmp_path):
    token = desk.grant("anna", 1000)
    with refused(413, "too_big"):
        send(desk, token, ROWS, size=len(ROWS) - 1)
    assert left(tmp_path) == []
    with refused(403, "used_up"):
        send(desk, token, ROWS)


def test_not_too_many_at_once(desk):
    for k in range(TOGETHER):
        desk.end(desk.begin(desk.grant(f"user {k}", 1000), 0, at=0, size=5))
    with refused(429, "too_many"):
        send(desk, desk.grant("anna", 1000), ROWS)


def test_cancel_removes_the_file_even_while_it_is_written(desk, tmp_path):
    token = desk.grant("anna", 1000)
    part = desk.begin(token, 0, at=0, size=len(ROWS))
    desk.append(part, ROWS[:10])
    desk.cancel(token, 0)
    with refused(403, "used_up"):
        desk.append(part, ROWS[10:])
    desk.end(part)
    assert left(tmp_path) == []
    assert desk.collect("anna") == []
    desk.cancel(token, 0)  # once more is no fault
    with refused(403, "used_up"):
        send(desk, token, ROWS)


def test_a_whole_file_that_is_cancelled_before_it_is_fetched_is_gone(desk, tmp_path):
    token = desk.grant("anna", 1000)
    send(desk, token, ROWS)
    desk.cancel(token, 0)
    assert (desk.collect("anna"), left(tmp_path)) == ([], [])


def test_what_nobody_goes_on_with_is_removed(desk, tmp_path, clock):
    half, whole, other = (desk.grant(name, 1000) for name in ("anna", "ben", "cleo"))
    send(desk, half, ROWS[:10], size=len(ROWS))
    send(desk, whole, ROWS)
    clock.now += IDLE_SECONDS - 1
    send(desk, other, ROWS)
    assert left(tmp_path) == ["owner-0.part", "owner-1.part", "owner-2.part"]
    clock.now += 2
    send(desk, other, ROWS, which=1)
    assert left(tmp_path) == ["owner-2.part", "owner-3.part"]
    with refused(409, "elsewhere") as caught:  # who comes back begins anew
        send(desk, half, ROWS[10:], at=10, size=len(ROWS))
    assert caught.value.facts == {"at": 0}


def test_what_is_just_being_written_is_not_removed_however_slow(desk, clock):
    part = desk.begin(desk.grant("anna", 1000), 0, at=0, size=len(ROWS))
    clock.now += 2 * IDLE_SECONDS
    send(desk, desk.grant("ben", 1000), ROWS)
    desk.append(part, ROWS)
    desk.end(part)
    assert desk.collect("anna")[0].path.read_bytes() == ROWS


def test_cancelling_what_can_not_be_sent_leaves_no_trace(desk):
    token = desk.grant("anna", 1000)
    for which in (-1, 32, 10**12):
        desk.cancel(token, which)
    assert not desk._spent


def test_a_full_disk_is_said_and_what_was_there_stays(desk, tmp_path):
    token = desk.grant("anna", 10_000)
    content = bytes(range(256)) * 20
    send(desk, token, content[:1000], size=len(content))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    part = desk.begin(token, 0, at=1000, size=len(content))
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, before[1]))  # the system writes up to there, then fails
    try:
        with refused(507, "disk_full") as caught:
            desk.append(part, content[1000:])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert caught.value.facts == {"at": 1000}
    assert part.path.stat().st_size == 1000
    assert desk.end(part) == {"at": 1000}
    send(desk, token, content[1000:], at=1000, size=len(content))
    (part,) = desk.collect("anna")
    assert (part.path.read_bytes(), part.sha256) == (content, hashlib.sha256(content).hexdigest())


def test_no_room_on_the_disk_is_said_before_a_byte(desk, tmp_path, monkeypatch):
    monkeypatch.setattr(incoming.shutil, "disk_usage", lambda path: type("Usage", (), {"free": len(ROWS) - 1}))
    with refused(507, "disk_full"):
        send(desk, desk.grant("anna", 1000), ROWS)
    assert left(tmp_path) == []


@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=200), data=st.data())
def test_however_the_slices_break_the_file_is_the_same(tmp_path_factory, content, data):
    desk = desk_in(tmp_path_factory.mktemp("slices"), Clock())
    token, at = desk.grant("anna", 1000), 0
    while True:
        size = data.draw(st.integers(0 if not content else 1, 50))
        arrived = data.draw(st.integers(0, size))  # the rest of the slice is lost on the way
        part = desk.begin(token, 0, at=at, size=len(content))
        desk.append(part, content[at : at + size][:arrived])
        told = desk.end(part)
        at = told["at"]
        if "id" in told:
            break
    (part,) = desk.collect("anna")
    assert part.path.read_bytes() == content
    assert part.sha256 == hashlib.sha256(content).hexdigest()
