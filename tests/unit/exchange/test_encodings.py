"""Bytes become the letters that were meant, in the encodings that spreadsheets of many countries write."""

import pytest

from crm.exchange.files.encoding import decode

TEXTS = {
    "cp1252": [
        "O’Hara & Co,Cork\nElm – North,York",
        "price,£ 100\nfee,€ 5",
        "law,§ 5",
        "Società Caffè,Forlì\nCittà più,perché",
        "“Best” – Leeds,…",
        "Müller,Köln\nJosé,Málaga\nAnaïs,Liège",
        "Smørrebrød,Århus",
    ],
    "cp1250": ["Dvořák,Brno\nŠtěpán,Plzeň", "Wałęsa,Łódź", "Szűcs,Győr"],
    "cp1251": ["Иванов,Москва\nПетров,Тула", "Привет,всем"],
    "koi8_r": ["Иванов,Москва\nПетров,Тула"],
    "cp1253": ["Παπαδόπουλος,Αθήνα\nΓεωργίου,Πάτρα", "Νίκος,Θεσσαλονίκη"],
    "cp1254": ["Yılmaz,İstanbul\nŞahin,Diyarbakır"],
    "cp1257": ["Jonas,Šiauliai\nRūta,Panevėžys"],
    "cp1255": ["שלום,תל אביב"],
    "cp1256": ["محمد علي,القاهرة"],
    "cp850": ["Größe,Düsseldorf\nJosé,Málaga"],
    "mac_roman": ["Müller,Köln\nJosé,Málaga"],
    "gbk": ["张伟,北京\n王芳,上海"],
    "big5": ["張偉,台北\n王芳,高雄"],
    "cp932": ["田中さん,東京", "鈴木,京都"],
    "euc_jp": ["田中さん,東京\nヤマダ,大阪"],
    "euc_kr": ["김철수,서울\n이영희,부산"],
}


@pytest.mark.parametrize(("encoding", "text"), [(e, t) for e, texts in TEXTS.items() for t in texts])
def test_letters_are_those_that_were_meant(encoding, text):
    written = f"Nr,Name,City\n{text}\n"

    assert decode(written.encode(encoding)).text == written


def test_a_handful_of_letters_that_another_encoding_reads_as_well_is_doubtful():
    assert decode("Nr,Name\n1,São\n".encode("cp1252")).doubtful == ("São",)
    assert decode("Nr,Name\n1,São\n".encode()).doubtful == ()
