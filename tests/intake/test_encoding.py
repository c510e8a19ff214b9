"""Encoding: text in any of the encodings that are met is read as it was written."""

import codecs

import numpy as np
import pytest

from analysis.errors import IntakeError
from analysis.intake.text import encoding

WORDS = {
    "gb18030": "张伟 王芳 李娜 刘洋 黄婷 北京市朝阳区 上海 下单 已付款 浏览商品 优惠券 退款",
    "big5": "陳志明 林淑芬 黃建宏 張雅婷 台北市 高雄 下單 已付款 瀏覽商品 優惠券 退款",
    "cp932": "佐藤 鈴木一郎 田中さん 東京都 ログイン 購入する カート 注文しました 商品",
    "euc_jp": "佐藤さん 鈴木一郎 東京都 ログイン 購入する カート 注文しました 商品",
    "cp949": "김민준 이서연 서울특별시 부산 주문 결제완료 장바구니 상품보기 회원가입 환불",
    "cp1251": "Иванов Петров Екатерина Москва заказ оплачен корзина просмотр товара ООО",
    "koi8_r": "Иванов Петров Екатерина Москва заказ оплачен корзина просмотр товара",
    "iso8859_7": "Γιώργος Κωνσταντίνος Μαρία Αθήνα παραγγελία πληρωμή καλάθι",
    "cp1252": "José Müller François Björn Søren Zoë Málaga São Besançon reçu café naïve Größe",
    "cp1250": "Dvořák Łukasz Wiśniewski Kraków Plzeň Győr objednávka košík Černý",
    "cp1254": "Ayşe Çağlar Yıldız İstanbul Beyoğlu sipariş ödendi alışveriş Gökçe Işık",
}


def table(words, times=4):
    return "id,name,time\n" + "".join(f"{k},{w},2026-01-05\n" for k, w in enumerate(words.split() * times))


def data(text, name):
    return np.frombuffer(text.encode(name), np.uint8)


@pytest.mark.parametrize("name", WORDS)
def test_each_encoding_is_told_by_its_text(name):
    text = table(WORDS[name])
    found = encoding.detect(data(text, name), False)[0]
    assert data(text, name).tobytes().decode(found) == text
    assert encoding.rival(data(text, name)) is None


@pytest.mark.parametrize("size", [5, 20])
@pytest.mark.parametrize("seed", range(5))
def test_few_chinese_words_are_chinese(size, seed):
    words = np.random.default_rng(seed).choice(WORDS["gb18030"].split(), size)
    assert encoding.detect(data(table(" ".join(words), 1), "gb18030"), False)[0] == "gb18030"


@pytest.mark.parametrize("name", ["utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("language", ["gb18030", "cp1251", "cp1252"])
def test_wide_encodings_with_and_without_a_mark(name, language, tmp_path):
    text = table(WORDS[language])
    found, said, lost = encoding.as_utf8(data(text, name), tmp_path)
    assert found.tobytes().decode() == text and lost == 0 and said.split("-")[1] in name


def test_utf8_with_few_bad_bytes_stays_utf8_and_they_are_counted(tmp_path):
    broken = np.frombuffer(table(WORDS["gb18030"]).encode() + b"9,\xff\xfe,x\n", np.uint8)
    found, said, lost = encoding.as_utf8(broken, tmp_path)
    assert said == "utf-8" and lost == 2 and found.tobytes().decode().endswith("9,\ufffd\ufffd,x\n")


def test_chinese_with_a_character_cut_in_two_stays_chinese():
    cut = table(WORDS["gb18030"]).encode("gb18030") + "9,北京".encode("gb18030")[:-1] + b",x\n"
    assert encoding.detect(np.frombuffer(cut, np.uint8), False)[0] == "gb18030"


def test_bytes_that_no_language_explains_are_broken_utf8():
    assert encoding.detect(np.frombuffer(b"a,b\n1,\xff\xff\n", np.uint8), False) == ("utf-8", 0)


def test_a_lone_sign_is_western():
    assert encoding.detect(np.frombuffer(b"a,b\n1,\xa9", np.uint8), False)[0] == "cp1252"


def test_stray_nul_bytes_are_removed_and_counted(tmp_path):
    found, said, lost = encoding.as_utf8(np.frombuffer(b"a,b,c\n\x00,2,3", np.uint8), tmp_path)
    assert (found.tobytes(), said, lost) == (b"a,b,c\n,2,3", "utf-8", 1)


def test_many_nul_or_control_bytes_are_no_text(tmp_path):
    for content in (b"\x00\x01\x02\x00\x00" * 100, bytes(range(32)) * 50):
        with pytest.raises(IntakeError) as error:
            encoding.as_utf8(np.frombuffer(content, np.uint8), tmp_path)
        assert error.value.code == "binary"


def test_delimiters_that_are_control_bytes_are_text(tmp_path):
    content = b"a\x01b\x02c\n" * 50
    assert encoding.as_utf8(np.frombuffer(content, np.uint8), tmp_path)[0].tobytes() == content


def test_an_encoding_that_is_given_is_obeyed(tmp_path):
    said = codecs.BOM_UTF16_LE + "é".encode("utf-16-le")
    assert encoding.as_utf8(np.frombuffer(said, np.uint8), tmp_path, "utf-16-le")[0].tobytes().decode() == "é"
    assert encoding.as_utf8(data("é", "cp1250"), tmp_path, "cp1251")[0].tobytes().decode() == "й"


def test_few_bytes_with_two_readings_have_a_rival():
    """The bytes of 常 in GB18030 are those of 都 in Big5, and both are in daily use."""
    assert encoding.detect(data("a,b\n1,常\n", "gb18030"), False)[0] == "gb18030"
    assert encoding.rival(data("a,b\n1,常\n", "gb18030")) == "big5"
    assert encoding.rival(data("a,b\n1,常客\n2,下单\n", "gb18030")) is None
