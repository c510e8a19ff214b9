"""The same shop as Chinese shop systems hand it out: a GB18030 CSV of events, and a workbook of order lines.

Both are awkward in the usual ways: headers and words in Chinese, no UTF-8, CRLF, slashes in dates, amounts as text
with a thousands separator and a currency sign; order lines with quantity and unit price but no amount, several lines
for an order.
"""

from datetime import datetime
from pathlib import Path

import pandas as pd
import xlsxwriter

from sample_data.plan import PRODUCTS

HEADERS = {
    "user_id": "用户ID", "time": "时间", "event": "事件", "channel": "渠道", "platform": "平台", "page": "页面",
    "product": "商品", "order_id": "订单号", "amount": "金额", "campaign_group": "活动分组",
}  # fmt: skip

WORDS = {
    "event": {
        "visit": "访问", "view_item": "浏览商品", "add_to_cart": "加入购物车", "order": "下单",
        "refund": "退款", "open_trial": "开通试用", "use_feature": "使用设备",
        "campaign_assigned": "活动分配", "aa_assigned": "夏季活动分配",
    },
    "channel": {
        "wechat": "微信", "douyin": "抖音", "search": "搜索", "referral": "朋友推荐", "email": "邮件",
        "direct": "直接访问",
    },
    "platform": {"ios": "苹果", "android": "安卓", "miniprogram": "小程序", "web": "网页"},
    "page": {
        "home": "首页", "landing": "活动页", "search": "搜索页", "item": "商品页", "cart": "购物车",
        "checkout": "结算页", "my_orders": "我的订单", "trial": "试用页", "device": "设备页",
    },
    "product": {name: title for name, (title, _, _) in PRODUCTS.items()},
    "campaign_group": {"treated": "实验组", "holdout": "对照组", "A": "A组", "B": "B组"},
}  # fmt: skip

EVENTS_FROM = datetime(2026, 7, 1)
ORDERS_FROM = datetime(2026, 1, 1)
LINE_HEADERS = ["买家会员名", "订单编号", "下单时间", "数量", "单价", "商品标题"]


def write_events(events: pd.DataFrame, path: Path) -> None:
    """Write the events from 2026-07-01 on; 活动分组 carries the arm of the campaign that the row assigns, the A/A."""
    rows = events[events["time"] >= EVENTS_FROM].copy()
    rows["campaign_group"] = rows["campaign_group"].fillna(rows["aa_group"])
    for column, words in WORDS.items():
        rows[column] = rows[column].map(words)
    rows["time"] = rows["time"].dt.strftime("%Y/%m/%d %H:%M:%S")
    rows["amount"] = rows["amount"].map(lambda amount: f"{amount:,.2f}元", na_action="ignore")
    text = rows[list(HEADERS)].rename(columns=HEADERS).to_csv(index=False, lineterminator="\r\n")
    path.write_bytes(text.encode("gb18030"))


def write_orders(lines: pd.DataFrame, path: Path) -> None:
    """Write the order lines of 2026 as a workbook; its creation date is fixed so that its bytes repeat."""
    lines = lines[lines["time"] >= ORDERS_FROM]
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"title": "订单 2026", "created": ORDERS_FROM})
        sheet = book.add_worksheet("订单")
        stamp = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet.write_row(0, 0, LINE_HEADERS)
        sheet.set_column(0, 5, 20)
        for number, line in enumerate(lines.itertuples(index=False), start=1):
            sheet.write_string(number, 0, f"会员{line.user_id[1:]}")
            sheet.write_string(number, 1, line.order_id)
            sheet.write_datetime(number, 2, line.time.to_pydatetime(), stamp)
            sheet.write_number(number, 3, line.quantity)
            sheet.write_number(number, 4, line.unit_price)
            sheet.write_string(number, 5, PRODUCTS[line.product][0])
