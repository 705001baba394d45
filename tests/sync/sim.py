"""Random play with three sites, a bad network, wrong clocks and restored shops, and an oracle: every value that was
ever written is unique, and at the end it is visible, was overwritten by someone who saw it, or stands in a record."""

from __future__ import annotations

import json
import random
import sqlite3
from collections import Counter
from collections.abc import Callable
from typing import Any

from pipeline import faults
from pipeline.store.base import SqlStore
from pipeline.sync.rejoining import rejoin
from pipeline.sync.replica import Applied, Batch, SyncHeld, SyncRejoin
from pipeline.sync.rounds import round_
from tests.sync.world import Shop, Time, sqlite_shop, wiped

HOUR = 3600
POINTS = (
    "sync.begun",
    "sync.stamped",
    "sync.merged",
    "sync.written",
    "sync.committed",
    "sync.stored",
    "sync.offered",
)
DEEDS = {
    "new_customer": 3, "change_customer": 8, "code": 2, "drop_customer": 2, "new_order": 4, "new_line": 2, "change_line": 3,
    "change_order": 4, "drop_order": 2, "drop_line": 1,
}  # fmt: skip


class Cut(Exception):
    """The link died here."""


class Link:
    """A replica behind a bad network."""

    def __init__(self, sim: Sim, shop: Shop) -> None:
        self._sim, self._shop = sim, shop

    def __getattr__(self, verb: str) -> Any:
        do = getattr(self._shop.replica, verb)

        def passed(*args: Any, **more: Any) -> Any:
            self._sim.message()
            answer = do(*args, **more)
            self._sim.message()
            return answer

        return passed

    def apply(self, batch: Batch) -> Applied:
        """Late, lost, twice, or in the wrong order."""
        sim, shop = self._sim, self._shop
        sim.message()
        r, replica = sim.r, shop.replica
        old = [one for one in sim.queue if one[0] == shop.name]
        turn = [batch]
        if old and r.random() < sim.late:
            late = r.choice(old)
            sim.queue.remove(late)
            turn = [late[1], batch] if r.random() < 0.5 else [batch, late[1]]
        else:
            k = r.random()
            if k < 0.1:
                turn = [batch, batch]
            elif k < 0.2:
                raise Cut
            elif k < 0.2 + sim.late / 2:
                sim.queue.append((shop.name, batch))
                raise Cut
        done = None
        for one in turn:
            try:
                answer = replica.apply(one)
            except SyncHeld:  # its pieces are gone
                continue
            sim.stats[answer.outcome] += 1
            done = answer if one is batch else done
        sim.whole_orders(shop)
        if done is None:
            raise Cut
        return done


class Sim:
    """One seed. `hub`: a store on PostgreSQL to be used for the head office, None for SQLite."""

    def __init__(
        self, seed: int, hub: SqlStore | None = None, *, restores: bool = True, steps: int = 60
    ) -> None:
        self.r = random.Random(seed)
        self.time, self.steps, self.restores = Time(), steps, restores
        skews = [(0, 0, 0), (0, HOUR, -HOUR), (-HOUR, HOUR, 0)]
        skew = dict(zip(("hub", "s1", "s2"), self.r.choice(skews), strict=True))
        self.calm = False
        self.shops: dict[str, Shop] = {}
        for name in skew:
            clock = self._clock(skew[name])
            if name == "hub" and hub is not None:
                self.shops[name] = Shop(name, wiped(hub), clock, hub=True)
            else:
                self.shops[name] = sqlite_shop(name, clock, hub=name == "hub")
        self.tokens: dict[str, tuple[str, str, int]] = {}  # value → (site, incarnation, log number)
        self.known: set[str] = set()
        self.exempt: set[str] = set()
        self.dropped_lines: set[str] = set()
        self.lines_of: dict[str, list[str]] = {}
        self.queue: list[tuple[str, Batch]] = []
        self.late = self.r.choice([0.1, 0.4])
        self.away = {"s1": 0, "s2": 0}
        self.backup: tuple[sqlite3.Connection, int] | None = None
        self.stats: Counter[str] = Counter()
        self._made: list[str] = []
        self._over: list[str] = []
        self._lines: set[str] = set()
        self._order: tuple[str, list[str]] | None = None
        self._next = 0
        self._boom = 0

    def _clock(self, offset: int) -> Callable[[], Any]:
        """What was written within six steps has one second, so that times of different sites are often the same."""
        return self.time.at(offset)

    # what people do --------------------------------------------------------------------------------------
    def token(self) -> str:
        self._next += 1
        self._made.append(f"v{self._next}")
        return self._made[-1]

    def id(self) -> str:
        return f"{self.r.getrandbits(32):08x}"

    def pick(self, ids: list[str]) -> str:
        return ids[0] if self.r.random() < 0.35 else self.r.choice(ids)

    def act(self, shop: Shop) -> None:
        kind = self.r.choices(list(DEEDS), list(DEEDS.values()))[0]
        self._made, self._over, self._lines, self._order = [], [], set(), None
        try:
            shop.local(lambda: getattr(self, kind)(shop))
        except Exception as error:
            if any(word in str(error).lower() for word in ("unique", "foreign key", "duplicate key")):
                self.stats["refused"] += 1
                return
            raise
        me = shop.x("SELECT incarnation FROM pipeline_sync_site")
        self.tokens |= {v: (shop.name, me[0][0] if me else "", shop.top()) for v in self._made}
        self.known.update(self._over)
        self.dropped_lines |= self._lines
        if self._order is not None:
            self.lines_of[self._order[0]] = self._order[1]

    def new_customer(self, shop: Shop) -> None:
        code = f"C{self.r.randint(1, 12)}"
        shop.x("INSERT INTO customer VALUES (?, ?, ?, ?)", (self.id(), code, self.token(), self.token()))

    def _change(self, shop: Shop, table: str, columns: list[str]) -> None:
        if not (ids := shop.ids(table)):
            return
        key, column = self.pick(ids), self.r.choice(columns)
        self._over.append(shop.row(table, key)[column])
        shop.x(f"UPDATE {table} SET {column} = ? WHERE id = ?", (self.token(), key))

    def change_customer(self, shop: Shop) -> None:
        self._change(shop, "customer", ["name", "phone"])

    def change_order(self, shop: Shop) -> None:
        self._change(shop, "orders", ["note", "status"])

    def change_line(self, shop: Shop) -> None:
        self._change(shop, "order_line", ["sku", "qty"])

    def code(self, shop: Shop) -> None:
        if ids := shop.ids("customer"):
            shop.x("UPDATE customer SET code = ? WHERE id = ?", (f"C{self.r.randint(1, 12)}", self.pick(ids)))

    def drop_customer(self, shop: Shop) -> None:
        if ids := shop.ids("customer"):
            key = self.pick(ids)
            row = shop.row("customer", key)
            self._over += [row["name"], row["phone"]]
            shop.x("DELETE FROM customer WHERE id = ?", (key,))

    def _line(self, shop: Shop, order: str) -> str:
        key = self.id()
        shop.x("INSERT INTO order_line VALUES (?, ?, ?, ?)", (key, order, self.token(), self.token()))
        return key

    def new_order(self, shop: Shop) -> None:
        if ids := shop.ids("customer"):
            key = self.id()
            shop.x(
                "INSERT INTO orders VALUES (?, ?, ?, ?)", (key, self.pick(ids), self.token(), self.token())
            )
            self._order = key, [self._line(shop, key), self._line(shop, key)]

    def new_line(self, shop: Shop) -> None:
        if ids := shop.ids("orders"):
            self._line(shop, self.pick(ids))

    def drop_order(self, shop: Shop) -> None:
        if ids := shop.ids("orders"):
            key = self.pick(ids)
            row = shop.row("orders", key)
            self._over += [row["note"], row["status"]]
            for line, sku, qty in shop.x("SELECT id, sku, qty FROM order_line WHERE order_id = ?", (key,)):
                self._over += [sku, qty]
                self._lines.add(line)
            shop.x("DELETE FROM orders WHERE id = ?", (key,))

    def drop_line(self, shop: Shop) -> None:
        if ids := shop.ids("order_line"):
            key = self.pick(ids)
            row = shop.row("order_line", key)
            self._over += [row["sku"], row["qty"]]
            self._lines.add(key)
            shop.x("DELETE FROM order_line WHERE id = ?", (key,))

    # the network -----------------------------------------------------------------------------------------
    def message(self) -> None:
        if self._boom > 0:
            self._boom -= 1
            if self._boom == 0:
                raise Cut

    def exchange(self, name: str, *, calm: bool = False) -> None:
        shop, hub = self.shops[name], self.shops["hub"]
        armed = not calm and self.r.random() < 0.2
        if armed:
            point = self.r.choice(POINTS)
            faults._ARMED[point] = (self.r.randint(1, 2), "eio", "")
        self._boom = self.r.randint(1, 14) if not calm and self.r.random() < 0.15 else 0
        try:
            round_(shop.replica if calm else Link(self, shop), hub.replica if calm else Link(self, hub))
        except SyncRejoin:
            self._boom = 0
            faults._ARMED.clear()
            self.stats["rejoin"] += 1
            rejoin(shop.replica, hub.replica)
        except (Cut, OSError):
            self.stats["cut"] += 1
        except SyncHeld:
            self.stats["held"] += 1
            if calm:
                raise
        finally:
            faults._ARMED.clear()
            faults._SEEN.clear()
            self._boom = 0
        self.whole_orders(shop)
        self.whole_orders(hub)

    def whole_orders(self, shop: Shop) -> None:
        lines = set(shop.ids("order_line"))
        for order in shop.ids("orders"):
            for line in self.lines_of.get(order, []):
                assert line in lines or line in self.dropped_lines, (
                    f"half an order at {shop.name}: {order} lacks {line}"
                )

    # restored shops --------------------------------------------------------------------------------------
    def restore(self) -> None:
        assert self.backup is not None
        shop, hub = self.shops["s1"], self.shops["hub"]
        life = shop.x("SELECT incarnation FROM pipeline_sync_site")
        mine = life[0][0] if life else ""
        copy = self.backup[0]
        top = copy.execute("SELECT coalesce(max(seq), 0) FROM pipeline_change").fetchone()[0]
        visible = {v for rows in hub.all().values() for row in rows for v in row}
        recorded = self._recorded(hub)
        for value, (site, life_of, number) in self.tokens.items():
            if site == "s1" and life_of in (mine, "") and number > top and value not in visible | recorded:
                self.exempt.add(value)  # the crash took it, unless the head office had it
        shop.restore(copy)
        self.backup = None
        self.restores = False
        self.stats["restored"] += 1

    def _recorded(self, shop: Shop) -> set[Any]:
        found = set()
        for _, _, lost, _ in shop.records():
            value = None if lost is None else json.loads(lost)
            found |= set(value) if isinstance(value, list) else {value}
        return found

    # the whole play --------------------------------------------------------------------------------------
    def run(self) -> Counter[str]:
        r = self.r
        for name in self.away:  # the shops join empty
            round_(self.shops[name].replica, self.shops["hub"].replica)
        for step in range(self.steps):
            self.time.seconds = step // 6
            for name in self.away:
                if self.away[name] > 0:
                    self.away[name] -= 1
                elif r.random() < 0.06:
                    self.away[name] = r.randint(5, 25)
            for _ in range(r.randint(1, 3)):
                self.act(self.shops[r.choice(["hub", "s1", "s2"])])
            name = r.choice(["s1", "s2"])
            if r.random() < 0.5 and not self.away[name]:
                self.exchange(name)
            if r.random() < 0.35:
                self.shops[r.choice(["hub", "s1", "s2"])].replica.tidy()
            if self.restores and self.backup is None and r.random() < 0.05:
                self.backup = (self.shops["s1"].backup(), step)
            if self.backup is not None and step - self.backup[1] > 12 and r.random() < 0.1:
                self.restore()
        for _ in range(4):
            for name in self.away:
                self.exchange(name, calm=True)
        self.check()
        for shop in self.shops.values():
            if shop.kind == "sqlite":
                shop.store.close()
        return self.stats

    def check(self) -> None:
        rows = {name: shop.all() for name, shop in self.shops.items()}
        for name, shop in self.shops.items():
            if shop.kind == "sqlite":
                assert not shop.x("PRAGMA foreign_key_check"), f"a reference points nowhere at {name}"
            for table, mine in rows[name].items():
                other = rows["hub"][table]
                assert mine == other, (
                    f"{table} differs: hub {set(other) - set(mine)} {name} {set(mine) - set(other)}"
                )
        visible = {v for some in rows["hub"].values() for row in some for v in row}
        recorded: set[Any] = set()
        for shop in self.shops.values():
            recorded |= self._recorded(shop)
        self.stats["records"] = len(recorded)
        gone = [v for v in self.tokens if v not in self.known | visible | recorded | self.exempt]
        assert not gone, f"lost without a record: {[(v, self.tokens[v]) for v in gone]}"
        assert len({json.dumps(sorted(s.records()), default=str) for s in self.shops.values()}) == 1, (
            "records differ"
        )
        tops = {name: shop.top() for name, shop in self.shops.items()}
        for _ in range(2):
            for name in self.away:
                self.exchange(name, calm=True)
        assert tops == {name: shop.top() for name, shop in self.shops.items()}, (
            "the log grows with nothing to do"
        )
        for shop in self.shops.values():
            shop.replica.tidy()
        left = sum(shop.x("SELECT count(*) FROM pipeline_sync_clock")[0][0] for shop in self.shops.values())
        assert left == 0, f"{left} clocks are kept for ever"


def campaign(first: int, seeds: int, hub: SqlStore | None = None, **more: Any) -> Counter[str]:
    """Play these seeds; AssertionError says which one failed."""
    total: Counter[str] = Counter()
    for seed in range(first, first + seeds):
        try:
            total += Sim(seed, hub, **more).run()
        except Exception as error:
            raise AssertionError(f"seed {seed}: {type(error).__name__}: {error}") from error
    return total
