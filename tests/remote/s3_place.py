"""moto's S3, with real users and signatures."""

from __future__ import annotations

import json
import logging
import urllib.request
from pathlib import Path
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

from pipeline.jobs import Remote
from tests.remote.https_place import HttpsPlace
from tests.remote.places import PASSWORD
from tests.remote.proxy import Proxy

logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
NONE = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"}]}


class S3Place:
    name, resumes, puts, keeps = "s3", True, True, False
    verified, pins = True, False

    def __init__(self, root: Path) -> None:
        self.root = root
        self._server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        self._server.start()
        self._port = self._server.get_host_and_port()[1]
        self._proxy = Proxy(self._port, b"GET /bucket/out/")
        self._moto("reset", b"")
        self._moto("reset-auth", b"100000")
        iam = self._client("iam", "admin", PASSWORD)
        iam.create_user(UserName="shop")
        key = iam.create_access_key(UserName="shop")["AccessKey"]
        iam.put_user_policy(UserName="shop", PolicyName="all", PolicyDocument=json.dumps(ALL))
        self._iam = iam
        self.key, secret = key["AccessKeyId"], key["SecretAccessKey"]
        (root / "password").write_text(secret)
        self._s3 = self._client("s3", self.key, secret)
        self._s3.create_bucket(Bucket="bucket")
        self._s3.put_object(Bucket="bucket", Key="out/", Body=b"")
        self._moto("reset-auth", b"0")
        self.url = "s3://bucket/out"
        self.endpoint = f"http://127.0.0.1:{self._proxy.port}"
        self.settings = f'key = "{self.key}"\nsecret = "file:password"\nendpoint = "{self.endpoint}"\n'
        self._other: HttpsPlace | None = None

    def _moto(self, what: str, body: bytes) -> None:
        url = f"http://127.0.0.1:{self._port}/moto-api/{what}"
        with urllib.request.urlopen(
            urllib.request.Request(url, body, {"Content-Type": "text/plain"}, method="POST")
        ) as answer:
            answer.read()

    def _client(self, kind: str, key: str, secret: str) -> Any:
        return boto3.client(
            kind, endpoint_url=f"http://127.0.0.1:{self._port}", region_name="us-east-1", aws_access_key_id=key,
            aws_secret_access_key=secret,
        )  # fmt: skip

    @property
    def cut_after(self) -> int | None:
        return self._proxy.cut_after

    @cut_after.setter
    def cut_after(self, bytes: int | None) -> None:
        self._proxy.cut_after = bytes

    def remote(self, root: Path, **changes: Any) -> Remote:
        changes.pop("pin", None), changes.pop("ca", None), changes.pop("known_hosts", None)
        secret = changes.pop("password", "file:password")
        settings: dict[str, Any] = {"key": self.key, "endpoint": self.endpoint, "secret": secret}
        return Remote(self.url, root / "spool", root, "far", **{**settings, **changes})

    def put(self, name: str, content: bytes) -> None:
        self._s3.put_object(Bucket="bucket", Key=f"out/{name}", Body=content)

    def files(self) -> dict[str, bytes]:
        listed = self._s3.list_objects_v2(Bucket="bucket", Prefix="out/")["Contents"]
        keys = [one["Key"] for one in listed if one["Key"] != "out/"]
        return {
            key.removeprefix("out/"): self._s3.get_object(Bucket="bucket", Key=key)["Body"].read()
            for key in keys
        }

    def impostor(self) -> None:
        (self.root / "impostor").mkdir()
        self._other = HttpsPlace(self.root / "impostor")
        self.endpoint = f"https://127.0.0.1:{self._other.port}"

    def deny(self) -> None:
        self._moto("reset-auth", b"100000")
        self._iam.put_user_policy(UserName="shop", PolicyName="none", PolicyDocument=json.dumps(NONE))
        self._moto("reset-auth", b"0")

    def reads(self) -> int:
        return self._proxy.count

    def stop(self) -> None:
        if self._other is not None:
            self._other.stop()
        self._proxy.close()
        self._server.stop()
