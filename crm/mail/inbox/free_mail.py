"""Domains under which anybody gets an address: two people with the same one need not know each other."""

from __future__ import annotations

#: First labels that stand under many countries, as in ``yahoo.co.uk`` and ``gmx.at``.
_ANY_COUNTRY = frozenset({
    "gmail", "googlemail", "outlook", "hotmail", "live", "msn", "yahoo", "ymail", "rocketmail", "gmx", "aol",
    "icloud",
    "proton", "protonmail", "yandex", "zoho", "tutanota", "tuta", "mail", "email", "inbox", "fastmail", "hushmail", "mailbox",
})  # fmt: skip
_OTHERS = frozenset({
    "me.com", "mac.com", "pm.me", "web.de", "t-online.de", "freenet.de", "arcor.de", "posteo.de",
    "online.de", "aon.at", "chello.at",
    "bluewin.ch", "sunrise.ch", "orange.fr", "wanadoo.fr", "free.fr", "laposte.net", "sfr.fr", "neuf.fr", "bbox.fr", "libero.it",
    "virgilio.it", "tiscali.it", "alice.it", "tin.it", "telefonica.net", "terra.es", "ziggo.nl", "kpnmail.nl", "hetnet.nl",
    "planet.nl", "xs4all.nl", "home.nl", "telenet.be", "skynet.be", "siol.net", "amis.net", "t-2.net", "t-com.hr", "net.hr",
    "seznam.cz", "centrum.cz", "volny.cz", "atlas.cz", "post.cz", "azet.sk", "zoznam.sk", "centrum.sk", "bk.ru", "list.ru",
    "rambler.ru", "ya.ru", "ukr.net", "i.ua", "wp.pl", "o2.pl", "onet.pl", "onet.eu", "op.pl", "interia.pl", "poczta.onet.pl",
    "gazeta.pl", "tlen.pl", "freemail.hu", "citromail.hu", "abv.bg", "sapo.pt", "uol.com.br", "bol.com.br", "terra.com.br",
    "telia.com", "spray.se", "bredband.net", "online.no", "stofanet.dk", "jubii.dk", "ofir.dk", "elisanet.fi", "kolumbus.fi",
    "btinternet.com", "sky.com", "virginmedia.com", "talktalk.net", "ntlworld.com", "comcast.net", "verizon.net", "att.net",
    "sbcglobal.net", "bellsouth.net", "cox.net", "charter.net", "earthlink.net", "rogers.com", "shaw.ca", "bigpond.com",
    "optusnet.com.au", "xtra.co.nz", "qq.com", "163.com", "126.com", "sina.com", "foxmail.com", "naver.com", "daum.net",
    "hanmail.net", "rediffmail.com", "hey.com", "gmx-topmail.de", "duck.com", "relay.firefox.com", "privaterelay.appleid.com",
})  # fmt: skip


def is_free_mail(domain: str) -> bool:
    """Whether anybody can have an address under the domain."""
    labels = domain.lower().split(".")
    ends = ".".join(labels[1:])
    # "mail.kavarna.example" is a firm's own; "mail.ru" and "mail.com" are not.
    is_country = len(labels) == 2 or (len(labels) == 3 and labels[1] in ("co", "com"))
    named = labels[0] in _ANY_COUNTRY and is_country and len(ends.split(".")[-1]) <= 3
    return named or domain.lower() in _OTHERS
