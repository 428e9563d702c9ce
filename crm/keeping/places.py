"""Where backups lie: files of this machine, or objects of a storage that speaks S3 (``s3://bucket/name``)."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crm.config import settings
from crm.errors import Refused
from crm.i18n import _

if TYPE_CHECKING:
    from obstore.store import S3Config, S3Store

Step = Callable[[int, int, str], None]
SCHEME = "s3://"
#: Bytes of one part; four are under way at once, and nothing more of a backup is in memory.
_PART = 8 << 20
_AT_ONCE = 4
_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")
#: What storages say of themselves, and what we say.
_WORDS = {
    "NoSuchBucket": "There is no such bucket.",
    "AccessDenied": "The key may not do this.",
    "InvalidAccessKeyId": "The key is not known there.",
    "SignatureDoesNotMatch": "The secret does not fit the key.",
}


@dataclass(frozen=True, slots=True)
class Held:
    """A backup that lies somewhere."""

    name: str
    size: int


class Folder:
    """A folder of this machine."""

    def __init__(self, address: str) -> None:
        self._path = Path(address)

    def address(self, name: str) -> str:
        """What ``backup`` and ``restore`` take."""
        return str(self._path / name)

    def held(self) -> list[Held]:
        """The files in it."""
        return [Held(p.name, p.stat().st_size) for p in sorted(self._path.glob("*")) if p.is_file()]

    def remove(self, name: str) -> None:
        """Take one away."""
        (self._path / name).unlink(missing_ok=True)


class Bucket:
    """What begins with a prefix in a bucket; the key to it comes from the settings alone."""

    def __init__(self, address: str) -> None:
        self._bucket, self._prefix = _split(address)

    def address(self, name: str) -> str:
        """What ``backup`` and ``restore`` take."""
        return f"{SCHEME}{self._bucket}/{self._key(name)}"

    def held(self) -> list[Held]:
        """The objects right under the prefix."""
        import obstore

        with _storage(self._bucket) as store:
            found = obstore.list_with_delimiter(store, self._prefix or None)["objects"]
        return sorted(
            (Held(o["path"].rpartition("/")[2], o["size"]) for o in found), key=lambda one: one.name
        )

    def remove(self, name: str) -> None:
        """Take one away."""
        import obstore

        with _storage(self._bucket) as store:
            obstore.delete(store, self._key(name))

    def _key(self, name: str) -> str:
        return f"{self._prefix}/{name}" if self._prefix else name


def place(address: str) -> Folder | Bucket:
    """The place that an address names."""
    return Bucket(address) if is_remote(address) else Folder(address)


def is_remote(address: str | Path) -> bool:
    """Whether it names an object of a storage and no file."""
    return str(address).startswith(SCHEME)


def exists(address: str) -> bool:
    """Whether an object is there already."""
    import obstore

    bucket, key = _named(address)
    with _storage(bucket) as store:
        try:
            obstore.head(store, key)
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise
            return False
    return True


def send(source: Path, address: str, step: Step | None = None) -> None:
    """Put a file into a storage, part by part; its name is there when all of it is, and not before.

    ``step`` is told of bytes, and stops it by whatever it raises: the parts that arrived are given up then.
    """
    import obstore

    bucket, key = _named(address)
    with _storage(bucket) as store:
        obstore.put(store, key, _pieces(source, step), chunk_size=_PART, max_concurrency=_AT_ONCE)
        arrived = obstore.head(store, key)["size"]
    if arrived != source.stat().st_size:
        raise Refused(_("{name} did not arrive whole. Try again.").format(name=address))


@contextmanager
def at_hand(address: str | Path) -> Iterator[Path]:
    """The file of a backup; what lies in a storage is fetched for as long as the block takes."""
    if not is_remote(address):
        yield Path(address)
        return
    import obstore

    bucket, key = _named(str(address))
    with tempfile.TemporaryDirectory(prefix="rapport-fetch-") as folder:
        file = Path(folder) / key.rpartition("/")[2]
        with _storage(bucket) as store, file.open("wb") as out:
            for piece in obstore.get(store, key).stream(min_chunk_size=_PART):
                out.write(piece)
        yield file


def _pieces(source: Path, step: Step | None) -> Iterator[bytes]:
    done, total = 0, source.stat().st_size
    with source.open("rb") as file:
        while piece := file.read(_PART):
            if step is not None:
                step(done, total, source.name)
            yield piece
            done += len(piece)


def _split(address: str) -> tuple[str, str]:
    bucket, _slash, key = address.removeprefix(SCHEME).partition("/")
    if not bucket:
        raise Refused(_("{name} names no bucket. Write s3://bucket/name.").format(name=address))
    return bucket, key.strip("/")


def _named(address: str) -> tuple[str, str]:
    bucket, key = _split(address)
    if not key or address.endswith("/"):
        raise Refused(_("{name} names no backup. Write s3://bucket/name.").format(name=address))
    return bucket, key


@contextmanager
def _storage(bucket: str) -> Iterator[S3Store]:
    """The storage of the settings; what it refuses is said in a sentence, without what it says itself: that may name the key."""
    from obstore.exceptions import BaseError

    try:
        yield _opened(bucket)
    except (BaseError, FileNotFoundError) as error:
        code = re.search(r"<Code>(\w+)</Code>", str(error))
        if code is None and isinstance(error, BaseError):
            why = _("It does not answer as a storage does; look at CRM_S3_ENDPOINT.")
        elif code is None or code[1] == "NoSuchKey":
            why = _("There is no backup of this name.")
        else:
            why = _(_WORDS.get(code[1], "It says {code}.")).format(code=code[1])
        raise Refused(_("The storage of {bucket} refuses: {why}").format(bucket=bucket, why=why)) from None


def _opened(bucket: str) -> S3Store:
    from obstore.store import S3Store

    chosen = settings()
    if not chosen.s3_key or not chosen.s3_secret.get_secret_value():
        raise Refused(_("A storage needs its key: set CRM_S3_KEY and CRM_S3_SECRET."))
    asked = urlsplit(chosen.s3_endpoint)
    if asked.scheme == "http" and asked.hostname not in _THIS_MACHINE:
        raise Refused(_("Backups go over HTTPS only: CRM_S3_ENDPOINT begins with http."))
    config: S3Config = {
        "region": chosen.s3_region,
        "access_key_id": chosen.s3_key,
        "secret_access_key": chosen.s3_secret.get_secret_value(),
    }
    if chosen.s3_endpoint:
        config["endpoint"] = chosen.s3_endpoint
    return S3Store(
        bucket,
        config=config,
        # A part may take long on a slow line; who does not answer at all is given up soon.
        client_options={"connect_timeout": "10s", "timeout": "600s", "allow_http": asked.scheme == "http"},
        retry_config={"max_retries": 4, "retry_timeout": timedelta(minutes=10)},
    )
