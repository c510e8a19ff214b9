"""Headers: which of two headers names a role better, and what is ruled out."""

import pytest

from analysis.intake.guessing import headers
from analysis.intake.reading import ROLES


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("event_time", "server_time"), ("event_time", "imported_at"), ("time", "uploaded_at"), ("下单时间", "发货时间"),
        ("事件时间", "上报时间"), ("created_at", "updated_at"), ("付款时间", "退款时间"), ("timestamp", "received_at"),
        ("支付完成时间", "订单完成时间"), ("order_date", "delivery_date"), ("交易时间", "交易成功时间"),
    ],
)  # fmt: skip
def test_the_time_is_when_it_happened(better: str, worse: str) -> None:
    assert headers.fit("time", better) > headers.fit("time", worse)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("实付金额", "应付金额"), ("应付金额", "商品总价"), ("应付金额", "商品原价"), ("Total", "Subtotal"),
        ("用户实付金额(元)", "商家实收金额(元)"), ("价税合计", "无税金额"), ("amount", "refund.amount"), ("订单金额", "优惠金额"),
        ("revenue", "shipping revenue fee"),
    ],
)  # fmt: skip
def test_the_amount_is_what_was_paid(better: str, worse: str) -> None:
    assert headers.fit("amount", better) > headers.fit("amount", worse)


@pytest.mark.parametrize(
    "header", ["商品ID", "达人ID", "买家应付货款", "customer segment", "负责人", "seller_id", "user_agent"]
)
def test_what_is_no_person_is_no_user(header: str) -> None:
    assert headers.fit("user", header) < 0.5


@pytest.mark.parametrize(
    ("header", "bare", "spoken"),
    [
        ("实付金额(元)", "实付金额", "实付金额"), ("eventTime", "eventtime", "event time"), ("Item #", "item", "item"),
        ("context.page.path", "contextpagepath", "context page path"), ("InvoiceNo", "invoiceno", "invoice no"),
        ("domain_userid", "domainuserid", "domain user id"), ("（元）", "元", "元"), ("M(Total amount)", "mtotalamount", "m total amount"), ("$city", "city", "city"),
    ],
)  # fmt: skip
def test_headers_are_compared_without_marks_and_units(header: str, bare: str, spoken: str) -> None:
    assert headers.bare(header) == bare and headers.spoken(header) == spoken


def test_words_and_patterns_name_roles_and_figures() -> None:
    for vocabulary in (headers.WHOLE, headers.PART):
        assert set(vocabulary) <= set(ROLES)
    for role, by in headers.WHOLE.items():
        words = [w for group in by.values() for w in group.split()]
        assert len(words) == len(set(words)), role
        assert all(headers.bare(w) == w for w in words), role
    assert all(0 <= f <= 0.99 for by in headers.PART.values() for _, f in by)


@pytest.mark.parametrize(
    ("role", "header", "figure"),
    [
        ("amount", "refund.amount", 0.0), ("amount", "checkout.amount", 0.902), ("session", "weeks_since_visit", 0.0),
        ("cost", "spent_last_purchase", 0.0), ("cost", "Item Cost", 0.0), ("price", "Item Cost", 0.85), ("price", "原价", 0.0),
        ("order", "工单编号", 0.0), ("order", "子订单编号", 0.5), ("time", "date of birth", 0.0), ("event", "satisfaction score", 0.0),
        ("quantity", "Delivery Quantity", 0.0), ("channel", "渠道", 0.95), ("page", "页面路径", 0.95), ("user", "", 0.0),
    ],
)  # fmt: skip
def test_figures(role: str, header: str, figure: float) -> None:
    assert headers.fit(role, header) == figure
