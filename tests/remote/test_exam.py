"""The exam that every protocol sits, against a real server."""

from __future__ import annotations

import os

import pytest

from pipeline.errors import Environment
from pipeline.remote import Occupied, open_far
from tests.remote.conftest import Hands
from tests.remote.places import PASSWORD

BIG = b"Order No,Total,State\n" + b"".join(b"%06d,1.00,paid\n" % n for n in range(60_000))


def test_a_file_comes_whole_and_stays_there(hands: Hands) -> None:
    hands.place.put("a.csv", BIG)
    if not hands.place.keeps:
        hands.place.put("b.txt", b"not ours")
    assert hands.round().brought == 1
    assert hands.here() == {"a.csv": BIG}
    assert ("file.fetched", "a.csv") in hands.events
    assert hands.parts() == {}
    assert "a.csv" in hands.place.files()


def test_the_same_file_is_fetched_once(hands: Hands) -> None:
    hands.place.put("a.csv", b"Order No\n1\n")
    hands.round()
    os.unlink(hands.spool / "a.csv")  # it was taken
    reads = hands.place.reads()
    hands.use()
    assert hands.round().brought == 0
    assert hands.here() == {}
    assert hands.place.reads() == reads


def test_a_changed_file_is_another(hands: Hands) -> None:
    hands.place.put("a.csv", b"Order No\n1\n")
    hands.round()
    hands.place.put("a.csv", b"Order No\n1\n2\n")
    assert hands.round().brought == 0  # its name is not free yet
    os.unlink(hands.spool / "a.csv")
    hands.round()
    assert hands.here() == {"a.csv": b"Order No\n1\n2\n"}


def test_a_cut_link_is_gone_on_with(hands: Hands) -> None:
    hands.place.put("a.csv", BIG)
    hands.place.cut_after = 600_000
    with pytest.raises(Environment) as told:
        hands.round()
    assert told.value.said.code in ("remote.unreachable", "remote.cut")
    assert hands.here() == {}
    cut = max(hands.parts().values(), default=0)
    hands.use()  # also after a restart
    hands.round()
    assert hands.here() == {"a.csv": BIG}
    if hands.place.resumes:
        assert 0 < cut < len(BIG)


def test_a_part_of_a_file_that_was_written_again_is_given_up(hands: Hands) -> None:
    if not hands.place.resumes:
        pytest.skip("it has no parts")
    hands.place.put("a.csv", BIG)
    hands.place.cut_after = 600_000
    with pytest.raises(Environment):
        hands.round()
    hands.place.put("a.csv", b"Order No\n1\n")
    hands.round()
    assert hands.here() == {"a.csv": b"Order No\n1\n"}
    assert hands.parts() == {}


def test_an_impostor_gets_nothing(hands: Hands) -> None:
    if not hands.place.verified:
        pytest.skip("FTP without TLS verifies nobody")
    hands.place.put("a.csv", BIG)
    hands.place.impostor()
    hands.use()
    with pytest.raises(Environment) as told:
        hands.round()
    assert told.value.said.code in ("remote.other_key", "remote.not_verified")
    assert hands.here() == {}


def test_who_is_not_pinned_nor_known_gets_nothing(hands: Hands) -> None:
    if not hands.place.pins:
        pytest.skip("it has the system's issuers only")
    hands.place.put("a.csv", BIG)
    hands.use(pin="", ca="", known_hosts="nobody")
    with pytest.raises(Environment) as told:
        hands.round()
    assert told.value.said.code in ("remote.unknown_key", "remote.not_verified")


def test_a_wrong_password_is_told_without_it(hands: Hands) -> None:
    (hands.root / "wrong").write_text("canary-wrong")
    hands.use(**_secrets("file:wrong"))
    with pytest.raises(Environment) as told:
        hands.round()
    assert told.value.said.code == "remote.login"
    assert "canary" not in told.value.said.to_json()


def _secrets(reference: str) -> dict[str, str]:
    return {"password": reference}


def test_what_is_forbidden_is_told(hands: Hands) -> None:
    hands.place.put("a.csv", BIG)
    hands.place.deny()
    with pytest.raises(Environment) as told:
        hands.round()
    assert told.value.said.code in ("remote.forbidden", "remote.login")
    assert hands.here() == {}


def test_a_full_disc_costs_nothing(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    hands.place.put("a.csv", BIG)
    monkeypatch.setattr("pipeline.files.free_bytes", lambda path: 1000)
    with pytest.raises(Environment) as told:
        hands.round()
    assert told.value.said.code == "files.environment"
    monkeypatch.undo()
    hands.round()
    assert hands.here() == {"a.csv": BIG}


def test_what_still_grows_is_waited_for(hands: Hands) -> None:
    """By our clock: the server's is years behind."""
    hands.use(settle_s=10.0)
    if (far := open_far(hands.fetcher.remote)).instant:
        far.close()
        pytest.skip("whole by nature")
    far.close()
    hands.place.put("a.csv", b"Order No\n1\n")
    found = hands.round()
    assert (found.brought, found.again_s) == (0, 10.0)
    hands.mono += 9
    hands.place.put("a.csv", b"Order No\n1\n2\n")
    assert hands.round().again_s == 10.0
    hands.mono += 10
    assert hands.round().brought == 1
    assert hands.here() == {"a.csv": b"Order No\n1\n2\n"}


@pytest.mark.parametrize("after", ["move", "delete"])
def test_what_was_imported_is_put_away_only_if_it_is_the_same(hands: Hands, after: str) -> None:
    if hands.place.keeps:
        pytest.skip("nothing can be put away there")
    hands.use(after=after)
    hands.place.put("a.csv", b"Order No\n1\n")
    hands.round()
    hands.round()
    assert "a.csv" in hands.place.files()  # not imported yet
    imported(hands, "a.csv")
    hands.place.put("b.csv", b"Order No\n2\n")
    hands.round()
    left = hands.place.files()
    assert "a.csv" not in left
    assert ("done/a.csv" in left) == (after == "move")
    imported(hands, "b.csv")
    hands.place.put("b.csv", b"Order No\n2\n3\n")
    hands.round()
    assert hands.place.files()["b.csv"] == b"Order No\n2\n3\n"
    assert ("file.settled", "a.csv") in hands.events


def imported(hands: Hands, name: str) -> None:
    """What the ledger says of a file that was loaded."""
    import hashlib

    from pipeline import files as disk
    from pipeline.store.model import Arrival
    from pipeline.words import message

    path, now = hands.spool / name, hands.now().wall
    digest = hashlib.sha256(path.read_bytes()).digest()
    arrival = Arrival(disk.new_claim(now), "sales", os.fsencode(name), 1, digest, now, now)
    with hands.store._transaction() as conn:  # type: ignore[attr-defined]
        hands.store._insert(conn, arrival, "committed", now, message("files.busy"))  # type: ignore[attr-defined]
    path.unlink()


def test_a_file_appears_there_whole_and_never_over_another(hands: Hands) -> None:
    if not hands.place.puts:
        pytest.skip("nothing can be sent there")
    source = hands.root / "ours.csv"
    source.write_bytes(BIG)
    far = open_far(hands.fetcher.remote)
    try:
        far.put("ours.csv", source)
        assert hands.place.files() == {"ours.csv": BIG}
        source.write_bytes(b"another")
        with pytest.raises(Occupied):
            far.put("ours.csv", source)
        assert hands.place.files() == {"ours.csv": BIG}
    finally:
        far.close()


def test_no_secret_is_ever_told(hands: Hands) -> None:
    hands.place.put("a.csv", BIG)
    hands.round()
    assert PASSWORD not in repr(hands.fetcher.remote)
    assert PASSWORD.encode() not in (hands.root / "hands.db").read_bytes()
