"""What only a real browser shows: first visits, the URL, uploads, downloads, scripts in data."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import expect

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.browser

SLOW = 60_000


def head(page):  # type: ignore[no-untyped-def]
    return page.locator("h2.fp-head").first


def test_a_first_visit_by_deep_link_shows_the_page_in_its_frame(fresh, visit) -> None:  # type: ignore[no-untyped-def]
    page = visit.page
    page.goto(fresh.url + "/funnel?lang=en")
    expect(page.get_by_text("Nothing is loaded yet").last).to_be_visible(timeout=SLOW)
    expect(page.get_by_text("Campaigns").first).to_be_visible()
    expect(page.get_by_test_id("stSidebar")).to_be_visible()
    expect(page.get_by_text("Page not found")).to_have_count(0)


def test_sample_in_one_click_then_all_four_areas(fresh, visit) -> None:  # type: ignore[no-untyped-def]
    page = visit.page
    page.goto(fresh.url)
    page.get_by_text("Walk through the sample shop").first.click(timeout=SLOW)
    expect(head(page)).to_contain_text("Most leave between", timeout=SLOW)
    for place in ("retention", "rfm", "periods", "stages", "effect"):
        page.goto(f"{fresh.url}/{place}?lang=en")
        expect(head(page)).to_be_visible(timeout=SLOW)
        expect(
            page.locator("[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg").first
        ).to_be_visible(timeout=SLOW)
        expect(page.get_by_test_id("stException")).to_have_count(0)


def test_language_switch_reload_and_page_change_keep_everything(served, visit) -> None:  # type: ignore[no-untyped-def]
    page = visit.page
    asked = json.dumps({"window_days": 3, "attempt": "first", "split": "channel", "split_at": 2})
    page.goto(f"{served.url}/funnel?lang=en&by=platform&who=android&from=2026-01-05&q={asked}")
    expect(head(page)).to_contain_text("Most leave", timeout=SLOW)
    said = re.findall(r"[\d.]+%", head(page).inner_text())

    def kept() -> None:
        found = parse_qs(urlparse(page.url).query)
        question = json.loads(found["q"][0])
        assert (question["window_days"], question["attempt"], question["split"], question["split_at"]) == (
            3,
            "first",
            "channel",
            2,
        )
        assert (found["by"], found["who"], found["from"]) == (["platform"], ["android"], ["2026-01-05"])
        assert re.findall(r"[\d.]+%", head(page).inner_text()) == said

    for name in ("中文", "English", "中文"):
        page.get_by_test_id("stSidebar").get_by_text(name, exact=True).click()
        page.wait_for_url(f"**lang={'zh' if name == '中文' else 'en'}**")
        expect(head(page)).to_contain_text("%", timeout=SLOW)
        page.wait_for_timeout(1500)
        kept()
    page.reload()
    expect(head(page)).to_be_visible(timeout=SLOW)
    page.wait_for_timeout(1500)
    kept()
    page.get_by_text("行为分析", exact=True).first.click()
    page.get_by_test_id("stTopNavDropdownLink").filter(has_text="留存").click()
    page.wait_for_url("**/retention**")
    expect(head(page)).to_be_visible(timeout=SLOW)
    page.wait_for_timeout(1000)
    assert parse_qs(urlparse(page.url).query)["who"] == ["android"]
    page.get_by_text("行为分析", exact=True).first.click()
    page.get_by_test_id("stTopNavDropdownLink").filter(has_text="漏斗").click()
    page.wait_for_url("**/funnel**")
    page.wait_for_timeout(2500)
    kept()


def test_upload_a_file_and_see_its_answer(fresh, visit) -> None:  # type: ignore[no-untyped-def]
    page = visit.page
    page.goto(fresh.url + "/data?lang=en")
    page.locator("input[type=file]").set_input_files(ROOT / "sample_data" / "shop_zh_gb18030.csv", timeout=SLOW)
    expect(page.get_by_text("What was understood")).to_be_visible(timeout=SLOW)
    page.get_by_role("button", name="Use this").click()
    expect(page.get_by_text("What became of every row")).to_be_visible(timeout=SLOW)
    expect(page.get_by_text("12,852 rows in the file = 12,852 used")).to_be_visible()
    page.goto(fresh.url + "/funnel?lang=en")
    expect(head(page)).to_contain_text("Most leave between", timeout=SLOW)


def test_a_table_downloads_and_is_the_table(served, visit) -> None:  # type: ignore[no-untyped-def]
    page = visit.page
    page.goto(served.url + "/funnel?lang=en")
    expect(head(page)).to_be_visible(timeout=SLOW)
    found = {}
    for kind in ("CSV", "XLSX"):
        with page.expect_download() as caught:
            page.get_by_test_id("stDownloadButton").filter(has_text=kind).get_by_role("button").click()
        found[kind] = Path(caught.value.path()).read_bytes()
    assert found["CSV"].decode("utf-8-sig").startswith("step,users,step_rate")
    assert "order,1153," in found["CSV"].decode("utf-8-sig")
    assert found["XLSX"].startswith(b"PK")


SCRIPT = "<img src=x onerror=\"document.title='hit'\">"
BEACON = "![b](http://192.0.2.1/b.png)"


def test_scripts_and_beacons_in_data_do_nothing(fresh, visit, tmp_path) -> None:  # type: ignore[no-untyped-def]
    rows = ["user_id,time,event,channel"]
    for k in range(80):
        rows.append(
            f'"{SCRIPT} {k}",2026-01-{1 + k % 9:02d} 10:00:00,"{SCRIPT.replace(chr(34), chr(34) * 2)}","{BEACON}"'.replace(
                f'"{SCRIPT} {k}"', f"u{k}"
            )
        )
        if k % 2:
            rows.append(f'u{k},2026-01-{2 + k % 9:02d} 11:00:00,"{BEACON}","<script>document.title=1</script>"')
    path = tmp_path / "<b>x ![i](http:192.0.2.1).csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    page = visit.page
    page.goto(fresh.url + "/data?lang=en")
    page.locator("input[type=file]").set_input_files(path, timeout=SLOW)
    page.get_by_role("button", name="Use this").click(timeout=SLOW)
    expect(page.get_by_text("What became of every row")).to_be_visible(timeout=SLOW)
    for place in ("", "funnel", "retention", "periods", "stages", "effect"):
        page.goto(f"{fresh.url}/{place}?lang=en")
        page.wait_for_timeout(3000)
        assert page.title() not in ("hit", "1")
    assert not visit.outside
