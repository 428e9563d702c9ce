"""A storage on loopback that speaks S3, and settings that name it."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from crm.config import settings

BUCKET, KEY, SECRET = "kavarna-backups", "AKIAKAVARNA", "a very secret secret"


@pytest.fixture(scope="module")
def storage() -> Iterator[Any]:
    """The storage as its owner sees it, with one bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    client = boto3.client(
        "s3",
        endpoint_url=f"http://{host}:{port}",
        region_name="us-east-1",
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
    )
    client.create_bucket(Bucket=BUCKET)
    yield client
    client.close()
    server.stop()


@pytest.fixture
def bucket(storage: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The storage with an empty bucket, in the settings of this program."""
    for name in names(storage):
        storage.delete_object(Bucket=BUCKET, Key=name)
    told = {"ENDPOINT": storage.meta.endpoint_url, "KEY": KEY, "SECRET": SECRET}
    for name, value in told.items():
        monkeypatch.setenv(f"CRM_S3_{name}", value)
    settings.cache_clear()
    yield storage
    monkeypatch.undo()
    settings.cache_clear()


def names(storage: Any) -> list[str]:
    """What lies in the bucket."""
    return [one["Key"] for one in storage.list_objects_v2(Bucket=BUCKET).get("Contents", ())]
