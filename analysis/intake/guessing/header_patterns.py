"""Patterns: words inside longer headers that name a role, or rule it out, and how surely they do.

They meet a header as `headers.spoken` leaves it: `eventTime` is "event time". The first pattern of
a role that fits counts, so what rules a role out comes first: 优惠金额 is a sum, and not the one paid.
"""

from __future__ import annotations

import re

_STAMP = r"(time|timestamp|date|datetime|day|at|on|ts|utc|ms)$"
_MOMENT = r"(时间|日期|时刻|日)$"
_KEY = r"\b(id|key|no|number|num|code|uuid|hash)$"

PART: dict[str, tuple[tuple[str, float], ...]] = {
    "user": (
        (r"达人|博主|主播|商品|店铺|门店|商家|卖家|员工|业务|销售|客服|负责|受理|收银|添加|制单|骑手|团长|推广", 0.0),
        (r"\b(seller|vendor|agent|owner|assignee|product|item|sku|staff|employee|merchant|store|sales ?person)\b", 0.0),
        (r"^(收货人|收件人|联系人|提货人|recipient|ship(ping)?|billing)\W*.*(手机|电话|phone|email)", 0.6),
        (r"^(收货人|收件人|联系人)(姓名)?$", 0.45),
        (r"(支付宝账号|支付账号)$", 0.6),
        (r"\b(segment|group|name|type|level|count|number of|since|age|note|city|country|tags?|service)\b", 0.0),
        (r"\b(created?|os|browser|first touch)\b", 0.0),
        (r"类型|等级|数量|城市|年龄|性别|积分|留言|备注|标签|地址|来源|状态|分群", 0.0),
        (r"金额|实付|应付|货款|邮费|单价|支付|时间|日期", 0.0),
        (r"(用户|会员|客户|顾客|买家|玩家|学员|患者|客人|访客).*(id|编号|编码|号|号码|账号|帐号|标识)$", 0.93),
        (r"(人|者)(id|编号|编码|号|证号|证件号|卡号|号码|账号|标识)$", 0.85),
        (r"(就诊|医保|健康|会员|贵宾|储值)卡号?$|^(病历号|住院号|身份证号?码?)$", 0.93),
        (r"(open|union)id$", 0.8),
        (r"\b(user|customer|member|visitor|client|buyer|player|person|shopper|guest|patient|student)\b.*" + _KEY, 0.93),
        (r"\b(device|anonymous|cookie|account|profile|contact)\b.*" + _KEY, 0.8),
        (r"(用户|会员|客户|顾客|买家|玩家|学员|客人).*(手机|电话|邮箱|昵称|名)", 0.7),
        (r"\b(user|customer|member|buyer|client|requester|contact)\b.*\b(email|phone|mobile)\b", 0.7),
        (r"\b(user|customer|member|visitor|client|buyer|player|bill to|sold to)\b", 0.55),
        (r"(用户|会员|客户|顾客|买家|玩家|访客)$", 0.55),
    ),
    "time": (
        (r"birth|\bdob\b|出生|生日|zone|时区|时长|耗时|期限|timeout|\bcount\b", 0.0),
        (r"(付款|支付).*(时间|日期)$", 0.93),
        (r"\b(paid|payment|pay)\b.*\b" + _STAMP, 0.93),
        (r"下次|预计|预约|计划|承诺|到期|有效|截止|失效|入住|离店|预发|最后|最近|最新|更新|修改", 0.35),
        (r"发货|收货|完成|结束|关闭|取消|退款|退货|送达|签收|解决|响应|接单|审核|处理|成功|出库|注册|开卡|首次", 0.42),
        (r"\b(due|expir\w*|expected|updated?|modified|last|next|first|end|ended|until|renewal|scheduled)\b", 0.35),
        (r"\b(ship\w*|deliver\w*|fulfill?\w*|complet\w*|clos\w*|cancel\w*|refund\w*|return\w*)\b", 0.42),
        (r"\b(solved|resolved|sign\w* ?up|regist\w*|join\w*)\b", 0.42),
        (r"\b(server|upload\w*|received?|ingest\w*|process\w*|load\w*|import\w*|sync\w*|etl|sent|insert\w*)\b", 0.45),
        (r"上报|接收|入库|服务器|同步|导入|采集", 0.45),
        (r"(事件|行为|发生|触发|操作|访问|点击|浏览|登录|学习|跟进|使用|播放|签到|通话|领取|核销).*" + _MOMENT, 0.93),
        (r"(成交|交易|消费|购买|收银|充值).*" + _MOMENT, 0.92),
        (r"(下单|订单|单据|预订|业务|开票|销售|创建|提交).*" + _MOMENT, 0.87),
        (r"\b(event|hit|action|activity|occur\w*|click|view|visit|touch|log)\b.*\b" + _STAMP, 0.92),
        (r"\b(order|purchase|transaction|invoice|sales?|booking|document)\b.*\b" + _STAMP, 0.9),
        (r"\b(created?|creation|submitted|placed)\b", 0.85),
        (r"\b(time|date|timestamp|datetime)\b|时间|日期", 0.6),
        (r"\b(at|on|ts)$", 0.5),
    ),
    "event": (
        (r"\bevent\b.*\bname$", 0.85),
        (r"订单|支付|商品|客户|用户|会员|设备|单据|发票|操作系统|配送|房型|工单|时间|日期|次数|来源|编号", 0.0),
        (r"\b(time|date|timestamp|at|value|id|category|label|params?|properties|count|source|version|user)\b", 0.0),
        (r"\b(event|action|behaviou?r|activity|interaction)\b( (name|type|key|title))?$", 0.88),
        (r"(事件|行为|动作|操作|埋点|互动|跟进|触点)(名称|类型|名|方式)?$", 0.88),
    ),
    "amount": (
        (r"refund|discount|\btax|fee|shipping|\btip\b|balance|\bcost|budget|credit|commission|profit|margin", 0.0),
        (r"points|rate\b|\b(count|status|method|date|time|name|type)\b|currency|coupon|quantity|spent|convert", 0.0),
        (r"优惠|折扣|折让|补贴|退款|退货|运费|邮费|配送费|税额|税率|积分|余额|佣金|手续费", 0.0),
        (r"服务费|成本|利润|红包|抵扣|立减|减免|未回款|已回款|未收|原价|预订金|定金", 0.0),
        (r"件数|笔数|状态|方式|单价|人数|客单价|占比", 0.0),
        (r"(商家|平台|达人|卖家).*(实收|应收)", 0.75),
        (r"实付|实缴|实交|实际支付|实际付款|支付金额|付款金额", 0.93),
        (r"应付|成交金额|消费金额|实收", 0.86),
        (r"\b(order|grand|line|item) total( amount)?\b|\btotal (amount|price|paid|revenue|sales)\b", 0.88),
        (r"\bsub ?total\b", 0.75),
        (r"\btotal$", 0.8),
        (r"\b(revenue|spend|gmv|amount|net value|net sales|sales (amount|value|price)|turnover|charges?)$", 0.75),
        (r"\b(revenue|purchase|amount|price|value|payment|order|sales?)\b.* (usd|eur|gbp|cny|rmb|cents)$", 0.8),
        (r"\b(revenue|gmv|turnover)\b", 0.6),
        (r"(总费用|费用合计|总收费)$", 0.85),
        (r"(销售额|金额|货款|总价|总额|房费|营业额|流水|收入)$", 0.72),
    ),
    "quantity": (
        (r"退|库存|已发|未发|已订|可用|return|refunded|stock|deliver|available|inventory|shipped|人数|用户", 0.0),
        (r"\b(quantity|qty)\b", 0.88),
        (r"\bnumber of (items|units|pieces)$|\bitems (sold|ordered)$", 0.85),
        (r"(数量|件数|份数|台数|个数|箱数|瓶数|张数)(合计)?$", 0.85),
    ),
    "price": (
        (r"原价|市场价|吊牌|门市|总价|成本|进价|评价|底价", 0.0),
        (r"compare|total|\bold\b|\bwas\b|range|rule|discount|currency|tier", 0.0),
        (r"\b(unit|item|line ?item|net|selling|sale|product)\b.*\bprice$|\bprice$", 0.88),
        (r"(单价|售价|零售价|价格)$", 0.88),
        (r"\b(item|unit) cost$", 0.75),
        (r"价$", 0.6),
    ),
    "order": (
        (r"工单|物流|快递|运单|包裹|退款|售后|支付|外部|邮费|订单(状态|类型|来源|金额|时间|数)", 0.0),
        (r"refund|ticket|tracking|shipment", 0.0),
        (r"(子|商品)订单|\b(sub|line|item|child)\b.*\border\b|\border (line|item)\b", 0.5),
        (r"(订单|单据|小票|交易|流水|销售|出库|发票|预订|预定|结账|账单|保单|合同).*(编号|单号|号|id|编码)$", 0.88),
        (
            r"\b(order|invoice|receipt|transaction|booking|reservation|purchase|basket|checkout|bill)\b ?"
            r"(id|no|number|num|ref|reference|code|key|name)$",
            0.88,
        ),
    ),
    "channel": (
        (r"\b(id|data|event|code|resource|fulfillment|delivery|support)\b|来源id", 0.0),
        (r"\butm source$", 0.93),
        (r"(渠道|来源|媒体)(名称)?$", 0.75),
        (r"\b(source|channel)$", 0.75),
        (r"\b(medium|referrer)$", 0.65),
        (r"\bchannel\b", 0.55),
    ),
    "campaign": (
        (r"(活动|广告|计划|推广)(名称|系列|计划|组|单元)", 0.75),
        (r"\b(utm )?campaign( (name|id))?$", 0.9),
    ),
    "arm": (
        (r"\b(variant|experiment|treatment|ab test)\b|实验|对照", 0.75),
        (r"\bgroup\b|分组|组别", 0.5),
    ),
    "cost": (
        (r"\b(item|unit|product|order) cost|成本价|成本单价|笔|率|每", 0.0),
        (r"\b(cost|ad spend|(amount|ad|budget) spent)$|花费|消耗|投放(金额|成本)|广告费|成本", 0.7),
    ),
    "page": (
        (r"\b(views?|num\w*|count|visit page)\b|页数|浏览量", 0.0),
        (r"\bpage (path|url|location|name|title)$|\bcurrent url$", 0.92),
        (r"\b(url|page|screen)$|页面(路径|名称|地址|标题|url)?$", 0.75),
    ),
    "element": (
        (r"\b(count|num\w*|time|type|position|index|class|path|url)\b|次数|时间|类型|数量", 0.0),
        (r"\b(clicked|click|target) (element|button|target)( (name|id|text))?$", 0.9),
        (r"\b(element|button|selector)( (name|id|text|label|selector))?$", 0.8),
        (r"(元素|控件|按钮)(名称|名|id|文案|文本)?$", 0.8),
    ),
    "session": (
        (r"\b(num\w*|count|start|duration|index|time)\b|次数|时长", 0.0),
        (r"\bsession( (id|key))?$|\bvisit id$|\bid (session|visit)$|会话", 0.88),
    ),
    "consent": ((r"\b(consent|opt ?in|accepts marketing)\b|同意|授权", 0.6),),
}  # fmt: skip
"""Role -> patterns and their figures; the first that fits counts, and 0 says "not this"."""

LIFELONG = re.compile(
    r"birth|dob|regist|sign\w* ?up|join|member since|creat|added|last|updat|modif"
    r"|生日|出生|注册|入会|开卡|创建|添加|最近|最后|更新|修改|加入|入职"
)
"""Times that describe a person, or the record of the person, and are no step of theirs."""
