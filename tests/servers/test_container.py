"""The container, as far as it can be judged without a Docker daemon: linted, parsed, and what it promises checked."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
HADOLINT = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which("hadolint")


@pytest.mark.skipif(HADOLINT is None, reason="hadolint is not here")
def test_the_dockerfile_is_clean() -> None:
    assert HADOLINT is not None
    done = subprocess.run([HADOLINT, str(ROOT / "Dockerfile")], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_runs_without_root_and_says_how_it_is() -> None:
    text = (ROOT / "Dockerfile").read_text()
    last = text[text.rindex("FROM ") :]
    assert re.search(r"^USER \d+$", last, re.MULTILINE)
    assert re.search(r'^HEALTHCHECK .*CMD \["pipeline", "service", "health"\]$', last, re.MULTILINE)
    assert 'VOLUME ["/shop"]' in last
    python = re.search(r"^FROM python:(\d+)\.(\d+)-slim", text, re.MULTILINE)
    assert python is not None
    assert (int(python[1]), int(python[2])) >= (3, 11)


def test_only_what_it_needs_goes_into_the_image() -> None:
    lines = (ROOT / ".dockerignore").read_text().split()
    assert lines[0] == "*"
    copied = set(
        re.findall(
            r"[\w.]+", " ".join(re.findall(r"^COPY (?!--)(.*)$", (ROOT / "Dockerfile").read_text(), re.M))
        )
    )
    assert {line[1:] for line in lines if line.startswith("!")} <= copied


def test_compose() -> None:
    """Nothing writable but volumes, no secret in it, no port to the outside, the database reached from inside only."""
    text = (ROOT / "deploy/compose.yaml").read_text()
    whole = yaml.safe_load(text)
    ours, database = whole["services"]["pipeline"], whole["services"]["database"]
    assert ours["read_only"] is True
    assert ours["cap_drop"] == ["ALL"]
    assert ours["user"] == "10001"
    assert ours["depends_on"]["database"]["condition"] == "service_healthy"
    assert database["healthcheck"]["test"][0] == "CMD"
    for service in (ours, database):
        assert not service.get("ports")
        assert not service.get("privileged")
        for secret in service["secrets"]:
            assert whole["secrets"][secret]["file"].startswith("./secret/")
    assert "password:" not in text.lower().replace("database-password:", "")
    assert whole["networks"]["inside"]["internal"] is True


def test_the_script_of_the_whole_way_is_shell() -> None:
    done = subprocess.run(["bash", "-n", str(ROOT / "deploy/compose.sh")], check=False)
    assert done.returncode == 0
