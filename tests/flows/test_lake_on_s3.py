"""The lake may lie on an object store: moto's S3 is asked, over HTTP, what it holds."""

import io
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped]
import polars as pl
import pytest
from botocore.config import Config  # type: ignore[import-untyped]
from polars.testing import assert_frame_equal

from contracts.errors import ConfigurationError
from contracts.tables import TABLES
from flows.steps.build import build
from flows.steps.forget import forget
from flows.steps.pull import pull
from tests.flows.conftest import Merchant
from tests.flows.test_incremental_build import is_as_if_built_whole
from tests.warehouse.writer import batches
from warehouse.lake import Lake

BUCKET = "lake"
pytestmark = pytest.mark.long


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of an S3 with one empty bucket; what is named in the environment is that S3.

    It is a process of its own: while the lake waits for it, no thread of ours may run.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for name, value in {
        "AWS_ACCESS_KEY_ID": "of-a-test", "AWS_SECRET_ACCESS_KEY": "of-a-test",
        "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_ALLOW_HTTP": "true",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            client = boto3.client("s3", config=Config(retries={"total_max_attempts": 30}))
            client.create_bucket(Bucket=BUCKET)
            yield client
        finally:
            server.kill()


def objects(client: Any) -> Iterator[tuple[str, bytes]]:
    """Every object, by its key."""
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
        for one in page.get("Contents", ()):
            yield one["Key"], client.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read()


def names(key: str, body: bytes, member: str) -> bool:
    """Whether an object holds a pseudonym: in a column, unpacked, or in plain bytes."""
    if not key.endswith(".parquet"):
        return member.encode() in body
    frame = pl.read_parquet(io.BytesIO(body)).select(pl.col(pl.String))
    return any((column == member).any() for column in frame)


def moved(home: Path, client: Any) -> None:
    """Copy the lake's folder into the bucket, and say so in the settings."""
    folder = home / "data" / "lake"
    for file in folder.rglob("*"):
        if file.is_file():
            client.upload_file(str(file), BUCKET, f"home/{file.relative_to(folder).as_posix()}")
    shutil.rmtree(folder)
    with (home / "shopkeeper.toml").open("a", encoding="utf-8") as settings:
        settings.write(f'\n[storage]\nlake = "s3://{BUCKET}/home"\n')


def test_a_home_whose_lake_moved_to_s3_pulls_builds_goes_on_and_forgets(
    built: Merchant, bucket: Any
) -> None:
    moved(built.folder, bucket)
    with built.open() as home:
        before = home.readings.versions()
        built.advance(24)
        built.export()
        pull(home)
        build(home)
        assert is_as_if_built_whole(home)
        assert home.readings.versions()["orders"] > before["orders"]
        buyers = home.scan("orders", home.shop("demo")).select("member_id").drop_nulls().collect()
        member = buyers["member_id"][0]
        assert any(names(key, body, member) for key, body in objects(bucket))
        forget(home, member, by="ann")
    assert not any(names(key, body, member) for key, body in objects(bucket))
    assert not (built.folder / "data" / "lake").exists()


def test_a_store_that_does_not_let_us_in_is_a_sentence_about_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(ConfigurationError, match=r"s3://lake/x cannot be read.*AWS_ACCESS_KEY_ID"):
        Lake("s3://lake/x").versions()


def test_processes_that_write_one_bucket_at_once_lose_nothing_and_double_nothing(
    bucket: Any, tmp_path: Path
) -> None:
    url = f"s3://{BUCKET}/together"
    command = [sys.executable, "-m", "tests.warehouse.writer", url]
    writers = [subprocess.Popen([*command, str(seed)]) for seed in (1, 2)]
    assert [writer.wait(timeout=240) for writer in writers] == [0, 0]
    together, alone = Lake(url), Lake(tmp_path / "alone")
    for frames in batches(3):
        alone.merge(frames)
    assert alone.versions().keys() == together.versions().keys() != set()
    for name in alone.versions():
        held, expected = (
            one.scan(name, with_deleted=True).sort(TABLES[name].key).collect()
            for one in (together, alone)
        )
        assert_frame_equal(held, expected)
