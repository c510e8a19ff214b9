"""Headers: the words by which columns are called in English and Chinese.

A header is compared without case, blanks and marks. Whole headers count for most; a word inside a
longer header counts for less. The order within a role is the order of preference.
"""

from __future__ import annotations

import re

WHOLE: dict[str, tuple[str, ...]] = {
    "user": (
        "user", "userid", "uid", "customerid", "customer", "custid", "memberid", "visitorid", "clientid",
        "accountid", "distinctid", "anonymousid", "openid", "unionid", "buyerid", "userpseudoid", "subscriberid",
        "studentid", "patientid", "deviceid", "cookieid", "contactid", "personid", "cid", "customerno",
        "customernumber", "useridentifier", "customeruniqueid", "用户id", "用户", "用户编号", "用户名", "用户标识",
        "客户id", "客户", "客户编号", "会员id", "会员", "会员编号", "会员号", "会员卡号", "买家", "买家昵称",
        "买家id", "买家会员名", "访客id", "账号", "账户", "手机号", "手机号码", "手机", "学员id", "学号", "设备id",
        "顾客", "顾客id", "顾客编号", "phone", "mobile", "phonenumber", "email", "emailaddress", "微信号",
        "username", "nickname", "昵称", "客户名称", "客户姓名",
    ),
    "time": (
        "time", "timestamp", "eventtime", "datetime", "ts", "occurredat", "eventtimestamp", "createdat",
        "createtime", "orderdate", "ordertime", "invoicedate", "purchasedate", "transactiondate", "paymentdate",
        "paidat", "date", "eventdate", "servertime", "clienttime", "visittime", "logtime", "actiontime",
        "behaviortime", "usestarttime", "starttime", "day", "at", "时间", "事件时间", "发生时间", "日期",
        "日期时间", "时间戳", "下单时间", "下单日期", "订单时间", "订单日期", "付款时间", "付款日期",
        "订单付款时间", "支付时间", "支付日期", "交易时间", "交易日期", "购买时间", "购买日期", "消费时间",
        "消费日期", "创建时间", "订单创建时间", "行为时间", "操作时间", "访问时间", "点击时间", "登录时间",
        "成交时间", "记录时间",
    ),
    "clock": (
        "time", "clock", "timeofday", "hour", "时刻", "时间", "具体时间",
    ),
    "event": (
        "event", "eventname", "eventtype", "action", "actiontype", "activity", "behavior", "behaviour",
        "behaviortype", "behaviourtype", "eventid", "operation", "step", "interaction", "type", "事件", "事件名",
        "事件名称", "事件类型", "行为", "行为类型", "行为名称", "动作", "操作", "操作类型", "用户行为", "活动类型",
        "埋点",
    ),
    "amount": (
        "amount", "revenue", "sales", "total", "totalprice", "totalamount", "ordertotal", "orderamount", "payment",
        "paymentvalue", "spend", "value", "expenditure", "gmv", "paid", "paidamount", "subtotal", "eventvalue",
        "revenuelocal", "purchaseamount", "money", "金额", "实付金额", "支付金额", "付款金额", "订单金额", "实付",
        "总金额", "消费金额", "交易金额", "成交金额", "销售额", "买家实际支付金额", "实际支付金额", "应付金额",
        "总价", "收入", "付费金额", "购买金额", "accountspayable", "amounts",
    ),
    "quantity": (
        "quantity", "qty", "count", "counts", "units", "items", "itemcount", "数量", "购买数量", "件数", "商品数量",
        "宝贝总数量", "销量", "订单数量",
    ),
    "price": (
        "price", "unitprice", "itemprice", "unitcost", "单价", "价格", "商品单价", "售价",
    ),
    "order": (
        "order", "orderid", "orderno", "ordernumber", "invoice", "invoiceno", "invoiceid", "invoicenumber",
        "transactionid", "transaction", "receiptid", "purchaseid", "订单", "订单号", "订单id", "订单编号", "交易号",
        "流水号", "单号", "发票号",
    ),
    "channel": (
        "channel", "source", "trafficsource", "utmsource", "referrer", "medium", "utmmedium", "acquisitionchannel",
        "marketingchannel", "渠道", "来源", "来源渠道", "流量来源", "推广渠道", "渠道来源", "媒介", "投放渠道",
    ),
    "campaign": (
        "campaign", "campaignname", "campaignid", "utmcampaign", "promotion", "promo", "coupon", "活动", "活动名称",
        "营销活动", "推广活动", "促销", "优惠券", "计划", "推广计划",
    ),
    "arm": (
        "arm", "variant", "variation", "experimentgroup", "testgroup", "abgroup", "treatment", "bucket",
        "experiment", "group", "segment", "组", "组别", "实验组", "分组", "实验分组", "测试组", "版本", "实验版本",
        "ab组",
    ),
    "cost": (
        "cost", "adcost", "adspend", "marketingcost", "expense", "成本", "花费", "费用", "投放成本", "广告费",
        "消耗",
    ),
    "page": (
        "page", "pageurl", "url", "path", "pagepath", "pagename", "screen", "screenname", "pagetitle", "页面",
        "页面名称", "网址", "页面地址", "链接", "页面路径",
    ),
    "x": (
        "x", "clickx", "xpos", "posx", "pagex", "clientx", "横坐标", "x坐标",
    ),
    "y": (
        "y", "clicky", "ypos", "posy", "pagey", "clienty", "纵坐标", "y坐标",
    ),
    "session": (
        "session", "sessionid", "visitid", "sid", "usersession", "会话", "会话id", "访问id",
    ),
    "consent": (
        "consent", "optin", "marketingconsent", "subscribed", "同意", "是否同意", "营销同意", "是否订阅", "授权",
    ),
}  # fmt: skip
"""Role -> whole headers, preferred ones first."""

PART: dict[str, tuple[str, ...]] = {
    "user": (
        "user",
        "customer",
        "member",
        "visitor",
        "client",
        "buyer",
        "用户",
        "客户",
        "会员",
        "买家",
        "顾客",
        "访客",
    ),
    "time": ("time", "date", "timestamp", "时间", "日期"),
    "event": ("event", "action", "behavior", "behaviour", "事件", "行为", "动作"),
    "amount": ("amount", "revenue", "sales", "spend", "金额", "销售额", "实付"),
    "quantity": ("quantity", "qty", "数量", "件数"),
    "price": ("price", "单价"),
    "order": ("orderid", "invoice", "订单号", "订单编号"),
    "channel": ("channel", "渠道"),
    "campaign": ("campaign", "活动"),
    "arm": ("variant", "experiment", "实验", "组别"),
    "cost": ("cost", "成本", "花费"),
    "page": ("url", "页面"),
    "session": ("session", "会话"),
    "consent": ("consent", "同意"),
}
"""Role -> words inside longer headers."""

_NOT_USER = re.compile(r"segment|group|name$|type|level|count|number|城市|类型|等级|数量|count|since|age|年龄|agent")


def bare(header: str) -> str:
    """A header without case, blanks and marks."""
    return re.sub(r"[\s_\-./:()（）\[\]#]+", "", header).lower()


def fit(role: str, header: str) -> float:
    """How well a header names a role: 0 to 1."""
    name = bare(header)
    whole = WHOLE.get(role, ())
    if name in whole:
        return 0.95 - 0.2 * whole.index(name) / len(whole)
    for word in PART.get(role, ()):
        if word in name:
            if role == "user" and _NOT_USER.search(name):
                return 0.3
            return 0.55 if name.endswith((word, word + "id")) else 0.45
    return 0.0
