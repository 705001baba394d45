"""`[server]`: what it says, and what of it is a mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import config
from pipeline.errors import ConfigError
from pipeline.jobs import Listen


def read(tmp_path: Path, text: str) -> Listen | None:
    (tmp_path / "config.toml").write_text(text, "utf-8")
    return config.load(tmp_path / "config.toml").server


def wrong(tmp_path: Path, text: str) -> set[str]:
    with pytest.raises(ConfigError) as told:
        read(tmp_path, f"[server]\n{text}\n")
    return {mistake.said.code for mistake in told.value.mistakes}


def test_without_it_there_is_no_door(tmp_path: Path) -> None:
    assert read(tmp_path, "") is None


def test_on_this_machine(tmp_path: Path) -> None:
    found = read(tmp_path, '[server]\nlisten = "127.0.0.1:8080"\nhosts = "Shop.local"\n')
    assert found == Listen("127.0.0.1", 8080, None, ("shop.local", "127.0.0.1", "localhost", "::1"))
    assert found.local
    assert not found.secure
    six = read(tmp_path, '[server]\nlisten = "[::1]:8080"\n')
    assert six is not None
    assert six.local
    assert six.host == "::1"
    assert (read(tmp_path, '[server]\nlisten = "localhost:80"\n') or found).local
    unix = read(tmp_path, '[server]\nlisten = "unix:door.sock"\n')
    assert unix is not None
    assert unix.local
    assert unix.socket == tmp_path / "door.sock"


def test_for_other_machines(tmp_path: Path) -> None:
    for name in ("c.pem", "k.pem"):
        (tmp_path / name).write_text("")
    tls = 'hosts = ["office.example"]\ntls = { cert = "c.pem", key = "k.pem" }\n'
    found = read(tmp_path, f'[server]\nlisten = "0.0.0.0:8443"\nupload_mb = 9\n{tls}')
    assert found == Listen(
        "0.0.0.0", 8443, None, ("office.example",), tmp_path / "c.pem", tmp_path / "k.pem", upload_mb=9
    )
    assert found.secure
    assert not found.local
    proxy = read(tmp_path, '[server]\nlisten = "10.0.0.5:80"\nbehind_proxy = ["10.0.0.2", "10.1.0.0/16"]\n')
    assert proxy is not None
    assert proxy.secure
    assert (proxy.hosts, proxy.proxies) == (("10.0.0.5",), ("10.0.0.2", "10.1.0.0/16"))


def test_mistakes(tmp_path: Path) -> None:
    assert wrong(tmp_path, "") == {"config.missing"}
    for text in (
        "8080",
        "example.org:80",
        "127.0.0.1",
        "127.0.0.1:99999",
        "1.2.3:80",
        "300.1.1.1:80",
        "unix:",
    ):
        assert wrong(tmp_path, f'listen = "{text}"') == {"server.listen"}
    assert wrong(tmp_path, 'listen = "0.0.0.0:80"') == {"server.plain", "server.no_hosts"}
    assert wrong(tmp_path, 'listen = "10.0.0.5:80"\nhosts = "office"') == {"server.plain"}
    here = 'listen = "127.0.0.1:80"\n'
    assert wrong(tmp_path, here + 'behind_proxy = "everybody"') == {"server.proxy"}
    assert wrong(tmp_path, here + "behind_proxy = []") == {"server.proxy"}
    assert wrong(tmp_path, here + 'hosts = ["http://office"]') == {"server.host_name"}
    assert wrong(tmp_path, here + "hosts = 7") == {"config.texts"}
    assert wrong(tmp_path, here + 'tls = { cert = "a.pem", key = "b.pem" }') == {"server.no_file"}
    assert wrong(tmp_path, here + 'tls = { cert = "a.pem" }') >= {"config.missing"}
    assert wrong(tmp_path, here + 'lisen = "x"') == {"config.unknown"}
    assert wrong(tmp_path, here + "upload_mb = 0") == {"config.count"}
