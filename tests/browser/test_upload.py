"""The drop zone in a real browser: what arrives is what was sent, whatever happens on the way."""

from __future__ import annotations

import hashlib
import json
import re
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect

from analysis.words import Words

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.browser

SLOW = 60_000
SHOP = ROOT / "sample_data" / "shop_zh_gb18030.csv"
ROW = b"u%09d,2026-01-05 10:00:00,view\n"
MEGABYTE = 1 << 20


@pytest.fixture
def zone(fresh, visit):  # type: ignore[no-untyped-def]
    """The Data page of a fresh server, at rest."""
    visit.page.goto(fresh.url + "/data?lang=en")
    rest(visit.page)
    return visit.page


@pytest.fixture
def big(tmp_path):  # type: ignore[no-untyped-def]
    """40 MB: five slices."""
    path = tmp_path / "big.csv"
    with path.open("wb") as file:
        file.write(b"user_id,time,event\n")
        for k in range(40):
            file.write(b"".join(ROW % (k * 27_000 + i) for i in range(27_000)) + b"\n" * 64)
    return path


def pick(page):  # type: ignore[no-untyped-def]
    """What is clicked, or where files are dropped."""
    return page.locator(".zone .pick").first


def rest(page) -> None:  # type: ignore[no-untyped-def]
    """Waits until the page is drawn, and its zone speaks."""
    expect(pick(page)).to_contain_text("Drop a spreadsheet here", timeout=SLOW)
    page.locator("[data-test-script-state=notRunning]").wait_for(timeout=SLOW)


def choose(page, path) -> None:  # type: ignore[no-untyped-def]
    page.locator("input[type=file]").first.set_input_files(path, timeout=SLOW)


def waiting(server) -> list[Path]:  # type: ignore[no-untyped-def]
    """What lies in the workspace and waits."""
    return sorted((server.log.parent / "workspace" / "in").glob("*.part"))


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def slow(page, megabytes_a_second: float) -> None:  # type: ignore[no-untyped-def]
    """A line so slow that something can happen on the way."""
    conditions = {"offline": False, "latency": 0, "downloadThroughput": -1}
    conditions["uploadThroughput"] = int(megabytes_a_second * MEGABYTE)
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", conditions)


def until(page, reached, seconds: float = 30) -> None:  # type: ignore[no-untyped-def]
    for _ in range(int(seconds * 20)):
        if reached():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not come to pass")


def drop(page, *files: tuple[str, str]) -> None:  # type: ignore[no-untyped-def]
    make = "files => {const d = new DataTransfer(); files.forEach(([n, c]) => d.items.add(new File([c], n))); return d}"
    transfer = page.evaluate_handle(make, [list(file) for file in files])
    target = page.locator(".zone").first
    for kind in ("dragover", "drop"):
        target.dispatch_event(kind, {"dataTransfer": transfer})


@contextmanager
def tokens(page):  # type: ignore[no-untyped-def]
    """The addresses to which slices are sent, as they are sent."""
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url) if "/upload/" in request.url else None)
    yield seen


def status(url: str, method: str, body: bytes | None = None) -> tuple[int, dict]:  # type: ignore[type-arg]
    """What the server says to somebody without a browser."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, method=method), timeout=20) as answer:
            return answer.status, json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as error:
        said = error.read()
        return error.code, json.loads(said) if said.startswith(b"{") else {}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_file_is_sent_and_understood_in_both_languages(language, fresh, visit) -> None:  # type: ignore[no-untyped-def]
    page, say = visit.page, Words(language)
    page.goto(f"{fresh.url}/data?lang={language}")
    expect(page.locator(".zone .choose").first).to_have_text(say("or choose files"), timeout=SLOW)
    expect(page.locator(".zone .limit").first).to_have_text(say("Up to {most} MB.", most=2048))
    choose(page, SHOP)
    expect(page.get_by_text(say("What was understood"))).to_be_visible(timeout=SLOW)
    (part,) = waiting(fresh)
    assert part.read_bytes() == SHOP.read_bytes()
    page.get_by_role("button", name=say("Use this")).click()
    expect(page.get_by_text(say("What became of every row"))).to_be_visible(timeout=SLOW)
    assert waiting(fresh) == []


ROWS = "user_id,time,event\nu1,2026-01-05 10:00,view\nu2,2026-01-05 11:00,view\n"


def test_dropped_files_are_taken_one_after_another(zone, fresh) -> None:  # type: ignore[no-untyped-def]
    drop(zone, ("a.csv", ROWS), ("photo.png", "x"))
    expect(zone.get_by_text("photo.png is not a table")).to_be_visible()
    assert waiting(fresh) == []
    drop(zone, ("a.csv", ROWS), ("b.csv", ROWS + "u3,2026-01-06 11:00,buy\n"))
    expect(zone.get_by_text("What was understood")).to_be_visible(timeout=SLOW)
    expect(zone.get_by_text("photo.png is not a table")).to_be_hidden()
    assert sorted(part.stat().st_size for part in waiting(fresh)) == [len(ROWS), len(ROWS) + 24]


def test_where_one_file_belongs_several_are_not_taken(served, visit) -> None:  # type: ignore[no-untyped-def]
    page = visit.page
    page.goto(served.url + "/effect?lang=en")
    page.get_by_text("Add a campaign's assignment file").click(timeout=SLOW)
    expect(pick(page)).to_contain_text("or choose a file", timeout=SLOW)
    drop(page, ("a.csv", ROWS), ("b.csv", ROWS))
    expect(page.get_by_text("one belongs here")).to_be_visible()


def test_the_keyboard_is_enough(zone, fresh) -> None:  # type: ignore[no-untyped-def]
    button = pick(zone)
    with zone.expect_file_chooser() as chooser:
        button.press("Enter")
    slow(zone, 0.3)
    chooser.value.set_files(SHOP)
    expect(zone.get_by_role("button", name="Cancel")).to_be_focused()
    zone.keyboard.press("Enter")
    expect(button).to_be_focused()
    until(zone, lambda: waiting(fresh) == [])


def test_progress_is_seen_and_cancel_leaves_nothing(zone, fresh, big) -> None:  # type: ignore[no-untyped-def]
    slow(zone, 8)
    choose(zone, big)
    said = re.compile(r"^[1-3]\d of 3\d MB, \d+(\.\d)? MB a second$")
    expect(zone.locator(".zone .said").first).to_have_text(said, timeout=SLOW)
    expect(zone.locator(".zone .name").first).to_have_text("big.csv")
    assert 0 < zone.locator(".zone progress").first.evaluate("bar => bar.value") < 1
    assert 0 < waiting(fresh)[0].stat().st_size < big.stat().st_size
    zone.get_by_role("button", name="Cancel").click()
    expect(pick(zone)).to_be_visible()
    until(zone, lambda: waiting(fresh) == [])
    zone.wait_for_timeout(1500)
    assert waiting(fresh) == []
    expect(zone.get_by_text("What was understood")).to_have_count(0)


def test_leaving_the_page_in_the_midst_leaves_nothing(zone, fresh, big) -> None:  # type: ignore[no-untyped-def]
    slow(zone, 8)
    choose(zone, big)
    until(zone, lambda: waiting(fresh) and waiting(fresh)[0].stat().st_size > 0)
    zone.goto(fresh.url + "/?lang=en")
    until(zone, lambda: waiting(fresh) == [])


def test_a_line_that_breaks_is_taken_up_where_it_broke(zone, fresh, big) -> None:  # type: ignore[no-untyped-def]
    slow(zone, 12)
    with tokens(zone) as seen:
        choose(zone, big)
        until(zone, lambda: waiting(fresh) and waiting(fresh)[0].stat().st_size > 10 * MEGABYTE)
        zone.context.set_offline(True)
        zone.wait_for_timeout(700)
        zone.context.set_offline(False)
        slow(zone, 200)
        until(zone, lambda: waiting(fresh) and waiting(fresh)[0].stat().st_size == big.stat().st_size)
        expect(zone.get_by_text("What was understood")).to_be_visible(timeout=SLOW)
    offsets = [int(url.split("at=")[1].split("&")[0]) for url in seen]
    assert len(set(offsets)) >= 5
    assert offsets.count(0) == 1
    assert digest(waiting(fresh)[0]) == digest(big)


def test_after_three_more_tries_go_on_sends_the_rest(zone, fresh, big) -> None:  # type: ignore[no-untyped-def]
    sent: list[str] = []

    def cut(route) -> None:  # type: ignore[no-untyped-def]
        sent.append(route.request.url)
        route.abort() if len(sent) > 2 else route.continue_()

    zone.route("**/upload/**", cut)
    choose(zone, big)
    expect(zone.get_by_text("three more tries failed")).to_be_visible(timeout=SLOW)
    assert len(sent) == 2 + 4
    assert waiting(fresh)[0].stat().st_size == 16 * MEGABYTE
    zone.unroute("**/upload/**")
    zone.get_by_role("button", name="Go on").click()
    expect(zone.get_by_text("What was understood")).to_be_visible(timeout=SLOW)
    assert digest(waiting(fresh)[0]) == digest(big)


def test_a_token_that_is_too_old_is_renewed_without_a_word(zone, fresh) -> None:  # type: ignore[no-untyped-def]
    old: list[str] = []

    def expire(route) -> None:  # type: ignore[no-untyped-def]
        token = route.request.url.split("/upload/")[1].split("?")[0]
        if not old or token == old[0]:
            old.append(token)
            route.fulfill(status=403, json={"code": "expired"})
        else:
            route.continue_()

    zone.route("**/upload/**", expire)
    choose(zone, SHOP)
    expect(zone.get_by_text("What was understood")).to_be_visible(timeout=SLOW)
    assert len(old) == 1


def test_the_language_changes_in_the_midst_and_the_file_goes_on(zone, fresh, big) -> None:  # type: ignore[no-untyped-def]
    slow(zone, 8)
    with tokens(zone) as seen:
        choose(zone, big)
        until(zone, lambda: waiting(fresh) and waiting(fresh)[0].stat().st_size > 0)
        zone.get_by_test_id("stSidebar").get_by_text("中文", exact=True).click()
        expect(zone.get_by_role("button", name=Words("zh")("Cancel"))).to_be_visible(timeout=SLOW)
        slow(zone, 200)
        expect(zone.get_by_text(Words("zh")("What was understood"))).to_be_visible(timeout=SLOW)
    assert sum("at=0&" in url for url in seen) == 1
    assert digest(waiting(fresh)[0]) == digest(big)


def test_without_a_token_of_this_server_nothing_is_taken(zone, fresh) -> None:  # type: ignore[no-untyped-def]
    with tokens(zone) as seen:
        choose(zone, SHOP)
        expect(zone.get_by_text("What was understood")).to_be_visible(timeout=SLOW)
    real = seen[0].split("?")[0]
    forged = real[:-1] + ("0" if real[-1] != "0" else "1")
    before = waiting(fresh)
    for url in (forged, fresh.url + "/upload/x", fresh.url + "/upload/x.y"):
        assert status(f"{url}?file=1&at=0&size=3", "PUT", b"abc") == (403, {"code": "forged"})
        assert status(url, "DELETE") == (403, {"code": "forged"})
    assert status(f"{real}?file=1&at=soon&size=3", "PUT", b"abc") == (400, {"code": "malformed"})
    assert status(f"{real}?file=1&at=0&size={3 << 30}", "PUT", b"abc") == (413, {"code": "too_big"})
    assert status(f"{real}?file=1&at=0&size=2", "PUT", b"abc") == (413, {"code": "too_big"})
    assert status(f"{real}?file=0&at=0&size=3", "PUT", b"abc") == (403, {"code": "used_up"})
    assert status(f"{real}?file=2&at=1&size=3", "PUT", b"abc") == (409, {"code": "elsewhere", "at": 0})
    assert status(real, "POST", b"x")[0] == 405
    with urllib.request.urlopen(real) as answer:  # as any unknown address: the frame of the app, nothing of the file
        assert answer.read().startswith(b"<!--")
    assert waiting(fresh) == before


def test_a_script_or_a_beacon_in_a_file_name_does_nothing(fresh, visit, tmp_path) -> None:  # type: ignore[no-untyped-def]
    page = visit.page
    names = ["<img src=x onerror=document.title='hit'>.csv", "![b](http:192.0.2.1) {size} $x$ :red[y].csv"]
    for name in names:
        path = tmp_path / name
        path.write_text("user_id,time,event\n" + "".join(f"u{k},2026-01-05 10:00,view\n" for k in range(9_000)))
        page.goto(fresh.url + "/data?lang=en")
        rest(page)
        slow(page, 0.1)
        choose(page, path)
        expect(page.locator(".zone .name").first).to_have_text(name)
        assert page.locator(".zone img").count() == 0
        slow(page, 100)
        expect(page.get_by_text("What was understood")).to_be_visible(timeout=SLOW)
        page.get_by_role("button", name="Use this").click()
        expect(page.get_by_text("What became of every row")).to_be_visible(timeout=SLOW)
        assert page.title() != "hit"
    assert not visit.outside
