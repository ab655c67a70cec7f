#!/usr/bin/env python3
"""Two runners of one rollout, started together.

twice.py SGRC [COUNT]: COUNT times (20), exactly one of the two performs the rollout and the other exits 5
and names who holds the lock; what stands afterwards is what one run alone leaves. Every second time both
have seen that the lock is free before either takes it."""
import sys

from field import WATCHED, Api, Field, harbour
from proxy import Meeting
from subject import OWN
from world import Failure, History

HELD, PROMOTED = 5, 0
ROLLING = OWN[2]


def once(field, meeting):
    """Which of the two performed it. `meeting`: where both wait for each other, or None."""
    first, second = (field.begin("run", False, meeting=meeting) for _ in range(2))
    ends = [(door, *field.end(door)) for door in (first, second)]
    ran = [e for e in ends if e[1] == PROMOTED and "being run by" not in e[2]]
    held = [e for e in ends if e[1] == HELD and "the rollout is being run by" in e[2]]
    if len(ran) != 1 or len(held) != 1:
        raise Failure("\n".join(f"exit {status}\n{out}" for _, status, out in ends))
    holder, loser = ran[0][0], held[0][0]
    if f"{holder.victim.pid}" not in held[0][2]:
        raise Failure(f"process {holder.victim.pid} is not named: {held[0][2]}")
    if loser.counts["write"] > 1:  # the Lease that came second
        raise Failure("the second one wrote: " + "\n".join(loser.log))
    field.must_be(field.turn, "two runs")
    if field.lease():
        raise Failure("the lock was not given back")
    field.turn = 1 - field.turn
    return ends.index(ran[0])


def main():
    sgrc, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 20
    history, won, failed = History(WATCHED), [0, 0], 0
    field = Field(sgrc, Api(), harbour(), ROLLING, "twice")
    for i in range(count):
        try:
            won[once(field, Meeting("/leases?", 2) if i % 2 else None)] += 1
        except Failure as problem:
            failed += 1
            print(f"FAIL try {i}: {problem}")
            field = Field(sgrc, field.api, field.harbour, ROLLING, f"twice-{i}")
    field.judge(history.of(field.name))
    history.close()
    print(f"{count} times two runners: the first {won[0]}, the second {won[1]}, {failed} failed")
    sys.exit(1 if failed else 0)


main()
