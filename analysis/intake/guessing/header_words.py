"""Words: the whole headers that name each role, in English and Chinese, and how surely they do.

Written as `headers.bare` leaves them: lower case, without blanks, marks and units.
"""

from __future__ import annotations

WHOLE: dict[str, dict[float, str]] = {
    "user": {
        0.98: "customeruniqueid",
        0.97: "userid uid 用户id 用户编号 memberid customerid 会员id 会员编号 会员号 会员卡号 客户id 客户编号"
        " 客户编码 客户代码 顾客id 顾客编号 会员编码 用户编码 playerid 玩家id 角色id 买家id buyerid studentid"
        " 学员id 学号 patientid subscriberid custid customerno customernumber customercode"
        " customerkey memberno guestid",
        0.95: "user customer member 用户 会员 用户标识 useridentifier visitorid visitoridentifier personid contactid"
        " profileid requesterid guestno shopperid householdid cid 访问用户id householdkey",
        0.93: "userpseudoid distinctid amplitudeid mcvisid appsflyerid openid 用户openid clientid fullvisitorid visid"
        " externaluserid ecid 访客id 访客标识码 accountnumber 下单帐号 下单账号 买家会员名 买家账号 买家帐号",
        0.9: "accountid 账号id 账户id 帐号id 登录用户id loginid soldtoparty requester player buyer client 客户 顾客"
        " 买家 玩家 学员 患者 visitor subscriber customeraccount memberaccount 用户账号 用户帐号 登录账号 登录名",
        0.87: "anonymousid cookieid deviceid 设备id 匿名id 访客 umid imei idfa oaid androidid visitoruuid cookie",
        0.84: "unionid username 用户名 账号 帐号 账户 account login 微信号 微信openid 买家手机号 买家手机 会员手机号"
        " 会员手机",
        0.78: "recordid email emailaddress customeremail useremail 邮箱 电子邮箱 买家昵称 用户昵称 客户手机号"
        " 客户手机 用户手机号 用户手机 mail buyeremail 手机号 手机号码 phone phonenumber mobile mobilenumber",
        0.72: "手机 联系电话 联系手机 电话 客户电话 顾客电话 顾客手机 客人手机 客人电话",
        0.68: "nickname 昵称 客户名称 客户姓名 用户姓名 会员姓名 顾客姓名 客户简称 客人姓名 customername contactname"
        " clientname accountname buyername membername",
    },
    "time": {
        0.97: "eventtime eventtimestamp eventdatetime occurredat 事件时间 事件发生时间 事件触发时间 发生时间"
        " 行为时间 触发时间 happenedat actiontime behaviortime",
        0.95: "time timestamp datetime ts 时间 日期时间 时间戳 操作时间 访问时间 点击时间 浏览时间 登录时间 学习时间"
        " 跟进时间 交易时间 成交时间 订单成交时间 收银时间 消费时间 visittime logtime transactiontime",
        0.93: "originaltimestamp eventdate 付款时间 支付时间 付款日期 支付日期 订单付款时间 订单支付时间"
        " 买家付款时间 paidat paymentdate paidtime paymenttime paiddate paytime 交易日期 消费日期 购买时间"
        " 购买日期 transactiondate purchasedate",
        0.9: "hittimegmt orderdate ordertime orderedat invoicedate invoicetime 下单时间 下单日期 订单时间 订单日期"
        " 单据日期 预订时间 预定时间 bookingdate bookedat documentdate postingdate activitydate billdate"
        " 提交时间",
        0.88: "date 日期 day at createdat createtime createdtime createdate creationdate createdon created"
        " createddate 创建时间 订单创建时间 订单提交时间 创建日期 记录时间 入账时间 加入时间 添加时间 starttime"
        " usestarttime 开始时间",
        0.6: "servertime clienttime sentat valuedate 发送时间 采集时间",
    },
    "clock": {
        0.9: "clock timeofday hour 时刻 具体时间",
        0.85: "time 时间",
    },
    "event": {
        0.97: "event eventname 事件 事件名 事件名称 埋点 埋点名称 eventkey",
        0.95: "eventtype action actiontype actionname 行为 行为类型 行为名称 事件类型 用户行为 behavior behaviour"
        " behaviortype behaviourtype activitytype eventaction",
        0.9: "activity 动作 操作 操作类型 操作名称 interaction interactiontype metric 跟进类型 跟进方式 学习行为"
        " 事件id eventid activityname eventlist posteventlist touchtype 活动类型 互动类型 eventlabel",
        0.75: "transactiontype 交易类型 operation step stage 步骤 eventcategory conceptname",
        0.6: "type 类型",
    },
    "amount": {
        0.97: "实付金额 实付款 实付 用户实付金额 用户实付 买家实付金额 买家实付 买家实际支付金额 实际支付金额"
        " 顾客实付金额 订单实付金额 实际付款金额 客户实付 实付总额 amountpaid paidamount totalpaid",
        0.95: "支付金额 付款金额 成交金额 消费金额 付费金额 购买金额 充值金额 交易金额 实收金额 实收 买家支付金额"
        " revenue amount purchaseamount paymentamount paymentvalue grandtotal transactionamount"
        " transactionrevenue purchaserevenue",
        0.92: "应付金额 订单应付金额 买家应付金额 买家应付货款 价税合计 含税金额 payment paid spend total"
        " totalamount ordertotal ordervalue netvalue sales money gmv 销售额 销售金额 sale saleamount salesamount"
        " linetotal linetotalamount",
        0.88: "金额 订单金额 总金额 交易额 金额合计 总价 totalprice orderamount orderprice totalsales turnover"
        " 合计金额 合计 小计 结算金额 expenditure netamount lineamount amounts 本币金额",
        0.8: "subtotal value eventvalue revenuelocal accountspayable 收入 商家实收金额 商家实收 商家应收金额"
        " 商家应收款 应收金额 商品总价 商品金额 货款 无税金额 不含税金额 未税金额 extendedprice",
    },
    "quantity": {
        0.95: "quantity qty 数量 购买数量 商品数量 订购数量 件数 商品件数 购买件数 销售数量 宝贝总数量 orderquantity"
        " orderqty quantityordered itemquantity 商品数量合计 实发数量 订单数量 销量",
        0.8: "units unitssold itemcount items 份数 商品份数 间数 count counts numitems",
    },
    "price": {
        0.95: "price unitprice 单价 商品单价 价格 商品价格 售价 含税单价 itemprice netprice sellingprice 零售价"
        " 销售单价 成交单价 productprice saleprice lineitemprice",
        0.85: "无税单价 不含税单价 京东价 优惠价 会员价 折后价 itemcost unitcost listprice",
    },
    "order": {
        0.97: "orderid orderno ordernumber 订单号 订单编号 订单id 主订单编号 主订单号 主订单id 父订单号"
        " orderreference",
        0.93: "order invoiceno invoiceid invoicenumber invoice 订单 小票号 小票编号 流水号 交易流水号 预订单号"
        " 销售单号 receiptid receiptno receiptnumber purchaseid transactionid 交易号 交易单号 salesdocument"
        " orderref orderkey basketid 订单编码",
        0.88: "transaction 单号 单据编号 单据号 发票号 票号 checkoutid bookingid bookingreference reservationid"
        " cartid 商户单号",
    },
    "channel": {
        0.95: "channel source utmsource trafficsource 渠道 来源 流量来源 来源渠道 推广渠道 渠道来源 投放渠道"
        " acquisitionchannel marketingchannel mediasource 媒体来源 channelgrouping sourcemedium",
        0.8: "medium utmmedium referrer 媒介 via 平台来源 appchannel referrertype originalsource",
    },
    "campaign": {
        0.95: "campaign campaignname utmcampaign 活动 活动名称 营销活动 推广活动 推广计划 计划名称"
        " 广告计划",
        0.75: "campaignid promotion promo 促销 广告名称 计划 计划id 广告系列 adname adgroup",
        0.5: "coupon couponcode discountcode 优惠券 优惠券名称",
    },
    "arm": {
        0.95: "arm variant variation experimentgroup testgroup abgroup treatment 实验组 实验分组 实验组别 ab组"
        " 实验版本 测试组",
        0.85: "bucket experiment 组别 分组 组 variantname experimentvariant",
        0.7: "group version segment 版本 cell",
    },
    "cost": {
        0.95: "cost adcost adspend amountspent marketingcost 花费 消耗 广告费 投放成本 投放金额 总花费 总消耗 消费"
        " 推广费 现金消耗",
        0.8: "spend spent expense 成本 费用",
    },
    "page": {
        0.95: "page pageurl url pagepath pagelocation currenturl 页面 页面名称 页面地址 页面路径 网址 pagename"
        " screenname",
        0.85: "path screen link pagetitle 链接 入口页面 着陆页 落地页 landingpage",
    },
    "element": {
        0.95: "element elementname elementid clickelement clickedelement elementclicked targetelement clicktarget 元素"
        " 元素名称 元素名 点击元素 点击元素名称 控件 控件名称 控件名 点击控件 页面元素 elementcontent",
        0.85: "button buttonname buttonid buttonclicked buttontext selector elementselector cssselector elementtext"
        " elementkey widget 按钮 按钮名称 按钮名 点击按钮 按钮文案 组件名称 点击位置",
    },
    "x": {
        0.95: "x clickx xpos posx pagex clientx 横坐标 x坐标",
    },
    "y": {
        0.95: "y clicky ypos posy pagey clienty 纵坐标 y坐标",
    },
    "session": {
        0.95: "session sessionid visitid sid usersession idvisit gasessionid 会话 会话id 访问id 访问会话id",
    },
    "consent": {
        0.95: "consent optin marketingconsent subscribed acceptsmarketing 同意 是否同意 营销同意 是否订阅 授权",
    },
}  # fmt: skip
"""Role -> figure -> whole headers."""
