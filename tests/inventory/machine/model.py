"""The rules of stock and promises once more, in plain Python, as slow and simple as can be.

Written from docs/domain rules and not from the code it is held against. Quantities are whole here.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import combinations
from zoneinfo import ZoneInfo

ROAD = "road"


class Refused(Exception):
    """The rules say no; `code` says which."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


@dataclass
class Lot:
    """Goods made together."""

    variant: str
    expiry: date | None
    received_at: datetime
    holds: set = field(default_factory=set)


@dataclass
class Kept:
    """A part of a line that one level keeps."""

    number: int
    level: tuple
    quantity: int


@dataclass
class Line:
    """A wanted variant; `sent` is what shipments have confirmed, by level."""

    variant: str
    quantity: int
    shortage: int = 0
    kept: list = field(default_factory=list)
    sent: dict = field(default_factory=lambda: defaultdict(int))

    def waiting(self):
        """What was sold for it and has not been seen leaving, in the order it was booked."""
        gone, waiting = dict(self.sent), []
        for kept in self.kept:
            confirmed = min(gone.get(kept.level, 0), kept.quantity)
            gone[kept.level] = gone.get(kept.level, 0) - confirmed
            if kept.quantity > confirmed:
                waiting.append((kept.level, kept.quantity - confirmed))
        return waiting


@dataclass
class Promise:
    """A reservation."""

    name: str
    made_at: datetime
    expires_at: datetime
    deliver_on: date | None
    lines: list
    status: str = "held"


class Levels(dict):
    """On hand by level, in the order in which levels came to be; and at which step each changed."""

    def __init__(self, items=(), changed=(), step=0):
        super().__init__(items)
        self.changed, self.step = dict(changed), step

    def __setitem__(self, level, quantity):
        if self.get(level) != quantity:
            self.changed[level] = self.step
        super().__setitem__(level, quantity)

    def __deepcopy__(self, memo):
        return Levels(self.items(), self.changed, self.step)


class Shop:
    """What lies where, and who was promised what. A level is (lot, place), a place (house, bin)."""

    def __init__(self, *, zones, days_min):
        self.zones = zones  # of the warehouses, in the market's order
        self.days_min = days_min  # by variant
        self.lots = {}
        self.on_hand = Levels()
        self.promises = {}
        self.numbers = 0

    # What can be seen

    def reserved(self, level):
        """How much of a level is promised."""
        return sum(k.quantity for _, _, k in self._open() if k.level == level)

    def state(self):
        """All that is compared with the product."""
        return {
            "on hand": {level: q for level, q in self.on_hand.items() if q},
            "reserved": {level: q for level in self.on_hand if (q := self.reserved(level))},
            "promises": {
                p.name: (p.status, [self._line(p, line) for line in p.lines])
                for p in self.promises.values()
            },
        }

    def _line(self, promise, line):
        kept = {k.level: k.quantity for k in line.kept} if promise.status == "held" else {}
        return line.variant, line.quantity, line.shortage, kept

    def _open(self):
        for promise in self.promises.values():
            if promise.status == "held":
                for line in promise.lines:
                    for kept in line.kept:
                        yield promise, line, kept

    # What can be done

    def receive(self, lot, variant, expiry, place, quantity, now):
        """Goods come in."""
        known = self.lots.setdefault(lot, Lot(variant, expiry, now))
        level = (lot, place)
        self.on_hand[level] = self.on_hand.get(level, 0) + quantity
        if not known.holds:
            self.fill({variant}, now)

    def reserve(self, name, wanted, now, expires_at, *, partial=False, deliver_on=None):
        """Promise every line or none."""
        variants = {variant for variant, _ in wanted}
        asked = defaultdict(int)
        for variant, quantity in wanted:
            asked[variant] += quantity

        def is_short():
            return any(asked[v] > self.available(v, now, deliver_on) for v in asked)

        self.make_room(variants, now, is_needed=is_short())
        if is_short():
            self.take_from_late(variants, now)
        available = {v: self.available(v, now, deliver_on) for v in asked}
        if is_short() and not (partial and any(available.values())):
            raise Refused("insufficient-stock")
        lines = [Line(variant, quantity) for variant, quantity in wanted]
        promise = Promise(name, now, expires_at, deliver_on, lines)
        self.promises[name] = promise
        self.allocate(promise, [(line, line.quantity) for line in lines], now)
        for line in lines:
            line.quantity = sum(k.quantity for k in line.kept)

    def extend(self, name, until, now):
        """Keep it longer."""
        promise = self.promises[name]
        if promise.status in ("released", "committed"):
            raise Refused("reservation-ended")
        if promise.status == "expired" or promise.expires_at <= now:
            raise Refused("reservation-expired")
        promise.expires_at = max(promise.expires_at, until)

    def release(self, name, now):
        """Give it up."""
        promise = self.promises[name]
        if promise.status == "committed":
            raise Refused("reservation-ended")
        if promise.status == "held":
            self.end([promise], "released", now)

    def commit(self, name, now, *, may_be_short=False):
        """The stock leaves."""
        promise = self.promises[name]
        if promise.status == "committed":
            return
        if promise.status == "released":
            raise Refused("reservation-ended")
        variants = {line.variant for line in promise.lines}
        if promise.status == "expired":
            self.take_again(promise, variants, now)
        elif self.is_short_after_all(promise, variants, now):
            is_late = promise.expires_at <= now
            if is_late or not may_be_short:
                raise Refused("reservation-expired" if is_late else "insufficient-stock")
        for line in promise.lines:
            for kept in line.kept:
                self.on_hand[kept.level] -= kept.quantity
        promise.status = "committed"

    def is_short_after_all(self, promise, variants, now):
        """Whether something is short though it was looked for once more."""
        if any(line.shortage for line in promise.lines):
            self.make_room(variants, now, besides=promise)
            self.fill(variants, now)
        void = {
            k.level for line in promise.lines for k in line.kept if self.is_void(promise, k, now)
        }
        self.give_way(void, now)
        return any(line.shortage for line in promise.lines)

    def ship(self, name, lot, house, quantity, now):
        """So much of a lot has left a warehouse for an order: what was booked, or other goods."""
        promise = self.promises[name]
        if promise.status != "committed":
            self.commit(name, now, may_be_short=True)
        variant = self.lots[lot].variant
        lines = [line for line in promise.lines if line.variant == variant]
        waiting = [(line, *row) for line in lines for row in line.waiting()]
        shelf = [x for x in self.on_hand if x[0] == lot and x[1][0] == house and x[1][1] != ROAD]
        other = []
        for line, level, most in waiting:
            if level in shelf:
                part = min(most, quantity)
                line.sent[level] += part
                quantity -= part
            else:
                other.append((line, level, most))
        swaps = []
        other.sort(key=lambda row: row[1][1][0] != house)
        for line, level, most in [*((x, None, x.shortage) for x in lines), *other]:
            part = min(most, quantity)
            quantity -= part
            swaps += [(line, level, part)] if part else []
        if quantity:
            raise Refused("more-than-ordered")
        if swaps:
            self.swap(swaps, shelf, now)

    def swap(self, swaps, shelf, now):
        """What was booked comes back, what left is taken; what a line was short of is found."""
        left = {x: self.on_hand[x] for x in shelf}
        free = {x: self.on_hand[x] - self.reserved(x) for x in shelf}
        promised = {x for x in shelf if self.reserved(x)}
        back, gone = set(), set()
        last = max(shelf, key=lambda x: (self.on_hand.changed[x], shelf.index(x)), default=None)
        for line, booked, quantity in swaps:
            taken, rest = self.pick_from(shelf, quantity, free, left)
            if rest and (booked or not shelf):
                raise Refused("insufficient-stock")
            if rest:
                self.on_hand[last] += rest
                taken.append((last, rest))
            if booked is None:
                line.shortage -= quantity
            else:
                back.add(line.variant)
                self.on_hand[booked] += quantity
                self.book_less(line, booked, quantity)
            for level, part in taken:
                gone.add(level)
                self.on_hand[level] -= part
                line.sent[level] += part
                self.book_more(line, level, part)
        if promised & gone:
            self.give_way(promised & gone, now)
        if back:
            self.fill(back, now)

    def pick_from(self, shelf, wanted, free, left):
        """What is free first, then what was promised; and what is not there."""
        taken = []
        for most in (free, left):
            for level in shelf:
                part = min(wanted, most[level], left[level])
                if part > 0:
                    taken.append((level, part))
                    wanted -= part
                    left[level] -= part
                    free[level] -= part
        return taken, wanted

    def book_less(self, line, level, quantity):
        """It was not sold from there."""
        for kept in [k for k in line.kept if k.level == level]:
            part = min(kept.quantity, quantity)
            quantity -= part
            kept.quantity -= part
        line.kept = [k for k in line.kept if k.quantity]

    def book_more(self, line, level, quantity):
        """It was sold from there."""
        known = next((k for k in line.kept if k.level == level), None)
        if known:
            known.quantity += quantity
        else:
            line.kept.append(Kept(0, level, quantity))

    def take_again(self, promise, variants, now):
        """One try more after its time."""
        self.make_room(variants, now)
        asked = defaultdict(int)
        for line in promise.lines:
            asked[line.variant] += line.quantity
            line.kept, line.shortage = [], 0
        if any(q > self.available(v, now, promise.deliver_on) for v, q in asked.items()):
            raise Refused("reservation-expired")
        promise.status = "held"
        self.allocate(promise, [(line, line.quantity) for line in promise.lines], now)

    def sweep(self, now):
        """Holds whose time is over end."""
        late = [p for p in self.promises.values() if p.status == "held" and p.expires_at <= now]
        if late:
            self.end(sorted(late, key=lambda p: p.expires_at), "expired", now)

    def take(self, level, quantity, now):
        """Goods are gone, promised or not."""
        if quantity > self.on_hand[level]:
            raise Refused("insufficient-stock")
        promised = self.reserved(level) > 0
        self.on_hand[level] -= quantity
        if promised:
            self.give_way({level}, now)

    def find(self, level, quantity, now):
        """More lies there than the books say."""
        self.on_hand[level] += quantity
        self.fill({self.lots[level[0]].variant}, now)

    def move(self, level, place, quantity, now):
        """Goods go to another bin of their warehouse."""
        self.take_without_claims(level, quantity)
        there = (level[0], place)
        self.on_hand[there] = self.on_hand.get(there, 0) + quantity
        if self.reserved(level):
            self.give_way({level}, now)
        self.fill({self.lots[level[0]].variant}, now)

    def take_without_claims(self, level, quantity):
        """Lower a level; the caller lets promises give way."""
        if quantity > self.on_hand[level]:
            raise Refused("insufficient-stock")
        self.on_hand[level] -= quantity

    def open(self, level, variant, quantity, inside, expiry, now):
        """Containers become what was inside, as a lot of its own that lasts no longer."""
        lot, place = level
        known = self.lots[lot]
        if known.holds or self.is_expired(lot, self.today(place[0], now)):
            raise Refused("cannot-open")
        self.take_without_claims(level, quantity)
        opened = f"{lot}/{self.today(place[0], now):%y%m%d}"
        self.lots.setdefault(opened, Lot(variant, min(known.expiry, expiry), now))
        kept = (opened, place)
        self.on_hand[kept] = self.on_hand.get(kept, 0) + quantity * inside
        if self.reserved(level):
            self.give_way({level}, now)
        self.fill({variant}, now)

    def send(self, lot, house, to, quantity):
        """What is free of a lot in a warehouse goes on the road to another.

        A lot that is named goes bin by bin, though it be on hold; the open lot cannot be named.
        """
        there, rest = (lot, (to, ROAD)), quantity
        levels = [x for x in self.on_hand if x[0] == lot and x[1][0] == house and x[1][1] != ROAD]
        if not lot and self.lots[lot].holds:
            levels = []
        for level in sorted(levels) if lot else levels:
            taken = min(self.on_hand[level] - self.reserved(level), rest)
            self.on_hand[level] -= taken
            rest -= taken
        if rest:
            raise Refused("insufficient-stock")
        self.on_hand[there] = self.on_hand.get(there, 0) + quantity

    def arrive(self, lot, to, quantity, now):
        """It comes to the dock."""
        self.on_hand[lot, (to, ROAD)] -= quantity
        there = (lot, (to, "DOCK"))
        self.on_hand[there] = self.on_hand.get(there, 0) + quantity
        self.fill({self.lots[lot].variant}, now)

    def recall(self, lots, now):
        """Lots and all that was opened from them are kept from sale."""
        family = [x for x in self.lots if any(x == lot or x.startswith(f"{lot}/") for lot in lots)]
        for lot in family:
            self.lots[lot].holds.add("recall")
        self.give_way({level for level in self.on_hand if level[0] in family}, now)

    def give_back(self, lot, place, quantity, now):
        """Sold goods come back and are as good as new."""
        if self.lots[lot].holds:
            raise Refused("cannot-restock")
        self.put(lot, place, quantity, now)

    def put(self, lot, place, quantity, now):
        """Goods lie somewhere again, first for whoever is short."""
        there = (lot, place)
        self.on_hand[there] = self.on_hand.get(there, 0) + quantity
        self.fill({self.lots[lot].variant}, now)

    def refurbish(self, source, lot, variant, place, quantity, holds, now):
        """Sold goods come back and are sold as another variant, as a lot that lasts no longer."""
        if self.lots[source].holds:
            raise Refused("cannot-restock")
        self.lots[lot] = Lot(variant, self.lots[source].expiry, now, set(holds))
        self.put(lot, place, quantity, now)

    def hold(self, lot, reason, now):
        """A lot is kept from sale."""
        if reason in self.lots[lot].holds:
            raise Refused("already-on-hold")
        self.lots[lot].holds.add(reason)
        self.give_way({level for level in self.on_hand if level[0] == lot}, now)

    def release_hold(self, lot, reason, now):
        """A lot may be sold again."""
        self.lots[lot].holds.remove(reason)
        if not self.lots[lot].holds:
            self.fill({self.lots[lot].variant}, now)

    def midnight(self, now):
        """Promises on lots past their last day of sale find other stock, SKU by SKU."""
        for variant in sorted(
            {lot.variant for lot in self.lots.values()}, key=list(self.days_min).index
        ):
            self.give_way(self.past({variant}, now), now)

    # How it is decided

    def today(self, house, now):
        """Each warehouse has its own day."""
        return now.astimezone(ZoneInfo(self.zones[house])).date()

    def is_past(self, lot, on):
        """Whether the last day of sale is over."""
        found = self.lots[lot]
        if found.expiry is None:
            return False
        return (found.expiry - on).days < self.days_min[found.variant]

    def is_expired(self, lot, on):
        """Whether its last day of use is over."""
        expiry = self.lots[lot].expiry
        return expiry is not None and expiry < on

    def is_void(self, promise, kept, now):
        """Whether what is kept may no longer be sold."""
        lot, (house, _) = kept.level
        day = max(self.today(house, now), promise.deliver_on or date.min)
        return bool(self.lots[lot].holds) or self.is_past(lot, day)

    def past(self, variants, now):
        """Levels with a promise that has outlived its lot."""
        return {
            k.level
            for p, line, k in self._open()
            if line.variant in variants and self.is_void(p, k, now)
        }

    def free(self, variant, house, now, deliver_on):
        """What may be promised of a variant in a warehouse, level by level, first expired first."""
        day = max(self.today(house, now), deliver_on or date.min)
        order = list(self.on_hand)
        found = [
            (level, self.on_hand[level] - self.reserved(level))
            for level in order
            if level[1][0] == house
            and level[1][1] != ROAD
            and self.lots[level[0]].variant == variant
            and not self.lots[level[0]].holds
            and not self.is_past(level[0], day)
        ]
        found.sort(
            key=lambda row: (
                self.lots[row[0][0]].expiry or date.max,
                self.lots[row[0][0]].received_at,
                order.index(row[0]),
            )
        )
        return [row for row in found if row[1] > 0]

    def available(self, variant, now, deliver_on):
        """All that could be promised."""
        return sum(q for house in self.zones for _, q in self.free(variant, house, now, deliver_on))

    def allocate(self, promise, wants, now):
        """From as few warehouses as can serve it, the market's first; a line in one if it can."""

        def has(variant, house):
            return sum(q for _, q in self.free(variant, house, now, promise.deliver_on))

        asked = defaultdict(int)
        for line, quantity in wants:
            asked[line.variant] += quantity
        servable = {v: min(q, sum(has(v, house) for house in self.zones)) for v, q in asked.items()}
        houses = list(self.zones)
        chosen = next(
            subset
            for size in range(1, len(houses) + 1)
            for subset in combinations(houses, size)
            if all(sum(has(v, house) for house in subset) >= q for v, q in servable.items())
        )
        for line, quantity in wants:
            whole = [house for house in chosen if has(line.variant, house) >= quantity]
            rest = quantity
            for house in whole[:1] or chosen:
                for level, free in self.free(line.variant, house, now, promise.deliver_on):
                    taken = min(free, rest)
                    if taken:
                        self.keep(line, level, taken)
                        rest -= taken

    def keep(self, line, level, quantity):
        """Add to what a level keeps for a line."""
        for kept in line.kept:
            if kept.level == level:
                kept.quantity += quantity
                return
        self.numbers += 1
        line.kept.append(Kept(self.numbers, level, quantity))

    def make_room(self, variants, now, *, besides=None, is_needed=True):
        """Holds whose time is over end if they stand in the way; promises leave lots too old."""
        late = [
            p
            for p in self.promises.values()
            if p.status == "held"
            and p.expires_at <= now
            and p is not besides
            and variants & {line.variant for line in p.lines}
        ]
        if late and is_needed:
            self.end(late, "expired", now)
        self.give_way(self.past(variants, now), now)

    def take_from_late(self, variants, now):
        """What holds keep whose time is over is free for whoever needs it; they stay, short."""
        for promise, line, kept in list(self._open()):
            if promise.expires_at <= now and line.variant in variants:
                line.kept.remove(kept)
                line.shortage += kept.quantity

    def end(self, promises, status, now):
        """Their stock is free again, first for whoever is short."""
        kept_something = any(line.kept for p in promises for line in p.lines)
        for promise in promises:
            promise.status = status
        if kept_something:
            self.fill({line.variant for p in promises for line in p.lines}, now)

    def give_way(self, levels, now):
        """Cut promises until they fit, the newest first; older ones find other stock first."""
        lost = defaultdict(int)
        for level in levels:
            rows = [(p, line, k) for p, line, k in self._open() if k.level == level]
            void = [row for row in rows if self.is_void(row[0], row[2], now)]
            valid = [row for row in rows if row not in void]
            excess = sum(k.quantity for _, _, k in valid) - self.on_hand[level]
            cuts = [(row, row[2].quantity) for row in void]
            valid.sort(key=lambda row: (row[0].expires_at <= now, row[0].made_at, row[2].number))
            while excess > 0:
                row = valid.pop()
                cuts.append((row, min(row[2].quantity, excess)))
                excess -= row[2].quantity
            for (promise, line, kept), quantity in cuts:
                kept.quantity -= quantity
                lost[promise.name, promise.lines.index(line)] += quantity
                if not kept.quantity:
                    line.kept.remove(kept)
        for (name, index), quantity in lost.items():
            self.promises[name].lines[index].shortage += quantity
        self.serve(
            [(self.promises[n], self.promises[n].lines[i], q) for (n, i), q in lost.items()], now
        )

    def fill(self, variants, now):
        """Free stock goes to whoever is short, the oldest promise first."""
        self.serve(
            [
                (p, line, line.shortage)
                for p in self.promises.values()
                if p.status in ("held", "committed")
                for line in p.lines
                if line.shortage and line.variant in variants
            ],
            now,
        )

    def serve(self, claims, now):
        """Find stock for claims; what is found is short no longer."""
        live = [x for x in claims if x[0].status == "committed" or x[0].expires_at > now]
        for promise in sorted({c[0].name: c[0] for c in live}.values(), key=lambda p: p.made_at):
            wants = sorted(
                ((line, q) for p, line, q in live if p is promise),
                key=lambda want: promise.lines.index(want[0]),
            )
            before = {id(line): sum(k.quantity for k in line.kept) for line, _ in wants}
            if promise.status == "committed":
                self.sell(promise, wants, now)
            else:
                self.allocate(promise, wants, now)
            for line, _ in wants:
                line.shortage -= sum(k.quantity for k in line.kept) - before[id(line)]

    def sell(self, promise, wants, now):
        """What is found for a committed order leaves at once."""
        booked = [line.kept for line in promise.lines]
        for line in promise.lines:
            line.kept = []
        promise.status = "held"
        self.allocate(promise, wants, now)
        promise.status = "committed"
        for line, before in zip(promise.lines, booked, strict=True):
            for kept in line.kept:
                self.on_hand[kept.level] -= kept.quantity
            line.kept = before + line.kept
