"""Every page in both languages, as a person meets it."""

from __future__ import annotations

import json
import re
import time
from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

import analysis
from pages.notebook import session
from tests.shop import ROOT

PAGES = [
    "start/home.py",
    "start/data.py",
    "behaviour/overview.py",
    "behaviour/funnel.py",
    "behaviour/conversion.py",
    "behaviour/faults.py",
    "behaviour/retention.py",
    "behaviour/usage.py",
    "behaviour/paths.py",
    "behaviour/heatmaps.py",
    "behaviour/trends.py",
    "behaviour/sessions.py",
    "behaviour/aha.py",
    "behaviour/experiment.py",
    "behaviour/drivers.py",
    "segments/rfm.py",
    "segments/saved.py",
    "lifecycle/periods.py",
    "lifecycle/stages.py",
    "campaigns/effect.py",
    "share/findings.py",
]
LISTS = ("behaviour/overview.py", "segments/saved.py")
CELLS = [p for p in PAGES if p.split("/")[0] not in ("start", "share") and p not in LISTS]


KINDS = {
    "funnel": "Funnel",
    "conversion": "TimeToConvert",
    "faults": "Faults",
    "retention": "Retention",
    "usage": "Tenure",
    "paths": "Paths",
    "heatmaps": "WeekdayHour",
    "trends": "Trend",
    "sessions": "Sessions",
    "aha": "Aha",
    "experiment": "Experiment",
    "drivers": "Drivers",
    "rfm": "RFM",
    "periods": "PeriodLifecycle",
    "stages": "Stages",
    "effect": "Effect",
}


def visit(page: str, shop: str | None, language: str = "en", **params: str) -> AppTest:
    at = AppTest.from_file(str(ROOT / "pages" / "frame.py"), default_timeout=60)
    at.query_params.update({"lang": language, **({"ds": shop} if shop else {}), **params})
    at.session_state["lang"] = language
    at.switch_page(page).run()
    assert not at.exception, at.exception
    return at


def texts(at: AppTest) -> list[str]:
    """What can be read on the page, user data aside."""
    found = [
        str(e.value) for kind in (at.title, at.header, at.subheader, at.markdown, at.caption, at.warning) for e in kind
    ]
    found += [re.sub(r"<[^>]+>", " ", e.proto.body) for e in at.get("html")]
    labelled = (
        at.selectbox,
        at.slider,
        at.number_input,
        at.toggle,
        at.button,
        at.multiselect,
        at.metric,
        at.text_input,
    )
    return found + [e.label for kind in labelled for e in kind if e.label]


def head(at: AppTest) -> str:
    """The headline of the page's cell."""
    bodies = [e.proto.body for e in at.get("html")]
    return next(re.sub(r"<[^>]+>", "", b.split("</h2>")[0]) for b in bodies if "fp-head" in b and "<h2" in b)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("page", PAGES)
def test_every_page_runs_in_both_languages(page: str, language: str, shop: str) -> None:
    at = visit(page, shop, language)
    read = [t for t in texts(at) if re.search(r"[A-Za-z]{4}|[一-鿿]", t) and not t.startswith("\n<style>")]
    assert read
    if language == "zh":
        ours = [t for t in read if "fp-" not in t and not re.fullmatch(r"[\w\s.\-\\]+", t)]
        assert all(re.search(r"[一-鿿]", t) for t in ours), [t for t in ours if not re.search(r"[一-鿿]", t)]


@pytest.mark.parametrize("page", CELLS)
def test_nothing_loaded_shows_the_way_in_and_no_error(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session.workspace(), "datasets", lambda: [])
    at = visit(page, None)
    assert "Nothing is loaded yet" in [s.value for s in at.subheader]


@pytest.mark.parametrize("page", CELLS)
def test_a_page_opens_with_its_answer_chart_and_table(page: str, shop: str) -> None:
    at = visit(page, shop)
    assert head(at)
    assert at.get("vega_lite_chart")
    assert len(at.dataframe[0].value)


def test_a_control_changes_the_answer_and_the_link(shop: str) -> None:
    at = visit("behaviour/funnel.py", shop)
    before = at.dataframe[0].value
    slider = next(s for s in at.slider if s.label == "Within days")
    slider.set_value(1).run()
    assert json.loads(at.query_params["q"])["window_days"] == 1
    again = visit("behaviour/funnel.py", shop, q=at.query_params["q"])
    assert next(s for s in again.slider if s.label == "Within days").value == 1
    assert head(again) == head(at)
    assert again.dataframe[0].value.equals(at.dataframe[0].value)
    assert not again.dataframe[0].value.equals(before)


def test_a_suggested_funnel_becomes_the_funnel(shop: str) -> None:
    at = visit("behaviour/funnel.py", shop, q=json.dumps({"window_days": 3}))
    second = next(b for b in at.button if "use" in b.label and "→" in b.label)
    wanted = second.label.replace("\\", "").split(" · ")[0].split(" → ")
    second.click().run()
    asked = json.loads(at.query_params["q"])
    assert asked["steps"] == wanted
    assert asked["window_days"] == 3
    assert at.dataframe[0].value["step"].tolist() == wanted
    assert [b.label for b in at.button if b.proto.type == "primary" and "→" in b.label] == [second.label]


def test_the_language_switch_keeps_the_parameters(shop: str) -> None:
    at = visit("behaviour/funnel.py", shop, q=json.dumps({"window_days": 3, "attempt": "first"}))
    zh = visit("behaviour/funnel.py", shop, "zh", q=at.query_params["q"])
    assert json.loads(zh.query_params["q"]) == json.loads(at.query_params["q"])


def test_a_broken_link_falls_back_to_the_usual_settings(shop: str) -> None:
    at = visit("behaviour/funnel.py", shop, q='{"window_days": "soon"', by="nothing", **{"from": "x"})
    assert head(at)
    assert at.toast


def test_an_unknown_event_in_a_link_is_said_and_not_a_crash(shop: str) -> None:
    at = visit("behaviour/funnel.py", shop, q=json.dumps({"steps": ["visit", "chekout"]}))
    assert not at.exception


def test_the_scope_bounds_the_entries(shop: str) -> None:
    whole = visit("behaviour/funnel.py", shop).dataframe[0].value
    part = visit("behaviour/funnel.py", shop, **{"from": "2026-04-06", "to": "2026-05-03"}).dataframe[0].value
    assert part["users"][0] != whole["users"][0]
    android = visit("behaviour/funnel.py", shop, by="platform", who="android").dataframe[0].value
    assert android["users"][0] != whole["users"][0]


@pytest.mark.parametrize("page", CELLS)
def test_people_are_as_many_as_the_number_says(page: str, shop: str) -> None:
    at = AppTest.from_file(str(ROOT / "pages" / "frame.py"), default_timeout=60)
    at.query_params["ds"] = shop
    name = page.split("/")[1][:-3]
    at.session_state[f"{name}:tabs@en"] = "People"
    at.switch_page(page).run()
    assert not at.exception
    said = next(m.value for m in at.markdown if "in this group" in m.value)
    count = int(re.sub(r"\D", "", said.split("**")[1]))
    shown = next(d.value for d in at.dataframe if d.value.columns[0] == "user")  # a page may have further cells
    assert len(shown) == min(count, 1000)


@pytest.mark.parametrize("page", CELLS)
def test_the_code_on_the_page_gives_the_table_on_the_page(page: str, shop: str) -> None:
    at = AppTest.from_file(str(ROOT / "pages" / "frame.py"), default_timeout=60)
    at.query_params.update({"ds": shop, "by": "platform", "who": "ios", "from": "2025-11-03", "to": "2026-08-16"})
    name = page.split("/")[1][:-3]
    at.session_state[f"{name}:tabs@en"] = "Code"
    at.switch_page(page).run()
    code = at.code[0].value.replace("'shop.csv'", repr(str(ROOT / "sample_data" / "shop.csv")))
    space: dict[str, object] = {}
    exec(code, space)
    question = at.session_state[f"{shop}:{KINDS[name]}:q"]
    scope = session.Scope("2025-11-03", "2026-08-16", "platform", "ios")
    expected = session.answered(shop, scope, question).table
    assert space["answer"].table.equals(expected)  # type: ignore[attr-defined]


def dropped(page: str, shop: str, key: str, *files: tuple[str, str]) -> AppTest:
    """A page on whose drop zone some files were dropped: what a browser sends can't be had here."""
    at = visit(page, shop)
    found = [session.workspace().receive([rows.encode()], name) for name, rows in files]
    at.session_state[key] = found if key == "upload" else found[0]
    at.run()
    assert not at.exception
    return at


def pressed(at: AppTest, label: str) -> None:
    """Presses a button, and waits until what it began is done."""
    next(b for b in at.button if b.label == label).click().run()
    until = time.monotonic() + 60
    while any(b.label == "Cancel" for b in at.button) and time.monotonic() < until:
        time.sleep(0.3)
        at.run()
    assert not at.exception, at.exception


def test_several_files_become_one_data_set(shop: str) -> None:
    jan = "user_id,time,event\nu1,2026-01-05 10:00,view\nu2,2026-01-05 11:00,view\n"
    feb = "user_id,time,event\nu2,2026-01-05 11:00,view\nu2,2026-02-05 11:00,buy\n"
    users = "user_id,city,level\nu1,Bonn,gold\nu2,Rome,silver\nu3,Oslo,gold\n"
    at = dropped("start/data.py", shop, "upload", ("jan.csv", jan), ("users.csv", users), ("feb.csv", feb))
    for label in ("Use this", "Add it", "Add it"):
        pressed(at, label)
    made = session.workspace().datasets()[0]
    log = session.opened(made.fingerprint)
    assert (made.name, log.n_events, log.n_users) == ("jan.csv", 3, 2)
    assert log.where("city", "Rome").ids(log.where("city", "Rome").users) == ["u2"]
    assert [part.dropped for _name, part in log.ledger.parts] == [{}, {"overlap": 1}]
    session.workspace().remove(made.fingerprint)


def test_upload_roles_ledger(shop: str) -> None:
    rows = "user_id,time,event\nu1,2026-01-05 10:00,view\nu2,2026-01-05 11:00,view\n,2026-01-05 11:00,view\n"
    at = dropped("start/data.py", shop, "upload", ("small.csv", rows))
    assert {s.label: s.value for s in at.selectbox}["user"] == "user_id"
    pressed(at, "Use this")
    said = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", " ".join(texts(at))))
    assert "3 rows in the file = 2 used + 1 without a user" in said


def test_what_is_refused_is_said_in_words(shop: str) -> None:
    at = dropped("start/data.py", shop, "upload", ("page.csv", "<!DOCTYPE html><html><body>no table</body></html>"))
    assert "web page" in at.error[0].value


def test_a_pin_waits_under_findings(shop: str) -> None:
    at = visit("segments/rfm.py", shop)
    said = head(at)
    next(b for b in at.button if b.key == "rfm:pin").click().run()
    pins = visit("share/findings.py", shop)
    assert said in " ".join(texts(pins))
    for pin in session.workspace().pins():
        session.workspace().remove_pin(pin.id)


def test_a_result_table_serves_the_effect_page_only() -> None:
    space = session.workspace()
    rows = "arm,converted,spend\n" + "".join(
        f"{'control' if k % 2 else 'mail'},{k % 3 == 0:d},{k % 7}\n" for k in range(400)
    )
    loaded = space.add(space.receive([rows.encode()], "results.csv"))
    assert loaded.shape == "results"
    assert "result table" in visit("behaviour/funnel.py", loaded.fingerprint).warning[0].value
    assert head(visit("campaigns/effect.py", loaded.fingerprint))
    space.remove(loaded.fingerprint)


def test_all_questions_have_a_page() -> None:
    from pages.notebook.places import PLACES

    assert all(getattr(analysis, n) for n in analysis.__all__)  # a public name is imported when it is first used
    kinds = {n for n in analysis.__all__ if n in analysis.Question.kinds or n == "Question"}
    assert {page for page, _param in PLACES.values()} <= set(PAGES)
    assert set(PLACES) == kinds - {"Question"}


def test_an_assignment_file_becomes_arms_of_the_log(shop: str) -> None:
    log = session.opened(shop)
    rows = [f"{user},{'control' if k % 4 == 0 else 'mail'}" for k, user in enumerate(log.ids(log.users)[:400])]
    rows.append("never-seen,mail")
    at = dropped("campaigns/effect.py", shop, "assignments", ("june.csv", "user_id,group\n" + "\n".join(rows)))
    at.date_input(key=next(d.key for d in at.date_input if d.key.startswith("a:day"))).set_value(date(2026, 6, 1)).run()
    next(b for b in at.button if b.label == "Add to the data set").click().run()
    assert not at.exception
    made = next(d for d in session.workspace().datasets() if "june.csv" in d.name)
    assert {s.label: s.value for s in at.selectbox}["Held out"] == "control"
    table = at.dataframe[0].value
    assert [int(v) for v in table["users"]] == [100, 301]
    assert made.users == log.n_users + 1
    for data in session.workspace().datasets():
        if data.fingerprint != shop:
            session.workspace().remove(data.fingerprint)


def test_two_id_columns_are_one_person(shop: str) -> None:
    rows = "user_id,time,event,device\nu1,2026-01-05 10:00,view,d1\n,2026-01-05 11:00,buy,d1\nu2,2026-01-05 12:00,view,d2\n"
    at = dropped("start/data.py", shop, "upload", ("ids.csv", rows))
    next(m for m in at.multiselect if m.label == "Further ids of the same person").set_value(["device"]).run()
    pressed(at, "Use this")
    made = next(d for d in session.workspace().datasets() if d.name == "ids.csv")
    log = session.opened(made.fingerprint)
    assert (log.n_events, log.ids(log.users), made.load_args["roles"]["user"]) == (
        3,
        ["u1", "u2"],
        ("user_id", "device"),
    )
    session.workspace().remove(made.fingerprint)
