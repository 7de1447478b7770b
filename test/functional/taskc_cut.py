# SPDX-License-Identifier: MIT
"""
The connection of a sync is cut before, in the middle of and after each TLS record of either side:
the next sync, or the same one's next try, ends as if nothing had happened. Some of the cuts come
before the server has stored what was sent, some after.
"""

import concurrent.futures
import os

import taskc_scenes as scenes
from harness import at_end, case, need_server, note, run, same, true
from proxy import AFTER, BEFORE, MIDDLE, Proxy
from taskc import need_taskc
from taskc_scenes import Scene, on_server, told

JOBS = int(os.environ.get("TS_CRASH_JOBS", "4"))
HANDSHAKE = 4  # records that are certainly not more than a handshake
# Here the last request goes over a kept connection: where that breaks, it goes over another one
RESTORED = Scene("a sync with a restored server", scenes.restored)
SCENES = (Scene("a first sync that sends", scenes.first_up),
          Scene("a sync of conflicts", scenes.conflicts), RESTORED)


def through(proxy, server, here):
    """Let the replica sync through the proxy."""
    here.remote(server=f"{proxy.host}:{proxy.port}")
    result = here.run("sync", runs=True)
    here.connect(server)
    return result


def records_of(scene):
    """How many records each side sends, in each connection."""
    with scene.make().fresh() as (server, here), Proxy(server) as proxy:
        same(through(proxy, server, here).code, 0, "a sync through the proxy")
        return proxy.records


def stored(server, before):
    """What the server has is what it had, or what it has in the end."""
    return on_server(server)[1] != before


def cut(scene, where):
    """Gives: it had come to the cut, the exit code, the server had stored the upload."""
    with scene.fresh() as (server, here), Proxy(server, where) as proxy:
        before = on_server(server)[1]
        result = through(proxy, server, here)
        try:
            if result.code != 0:
                same(result.code, 1, "exit code")
                told(result)
            done = stored(server, before)
            scene.check_stopped(here)
            scene.check_resumed(server, here)
        except AssertionError as error:
            raise AssertionError(f"cut {where}: {result}\n{error}") from error
        return proxy.done, result.code, done


def places(scene):
    """Where to cut: one handshake is enough."""
    return [(number, side, record, part)
            for number, sides in enumerate(records_of(scene), 1) for side, count in sides.items()
            for record in range(1 if number == 1 else HANDSHAKE, count + 1)
            for part in (BEFORE, MIDDLE, AFTER)]


def register(scene):
    @case(f"{scene.name}, cut at each record")
    def _():
        wheres = places(scene)
        with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
            ends = list(pool.map(lambda where: cut(scene, where), wheres))
        failed = [e for e in ends if e[1] != 0]
        note(f"{len(wheres)} cuts, {len(failed)} failed syncs, {sum(e[2] for e in failed)} of them "
             "stored on the server")
        true(sum(e[0] for e in ends) > len(ends) * 3 / 4, "it hardly ever came to the cut")
        true(any(e[2] for e in failed) or scene is RESTORED, "no answer was lost")
        true(not all(e[2] for e in failed), "no request was lost")

    @case(f"{scene.name}, cut once: the same sync tries again")
    def _():
        for where in places(scene)[1::7]:
            with scene.fresh() as (server, here), Proxy(server, where) as proxy:
                here.configure(retry__count="2", retry__delay="100ms")
                result = through(proxy, server, here)
                same(result.code, 0, f"cut {where}: {result}")
                scene.check_end(server, here)


@at_end
def close():
    for scene in SCENES:
        scene.close()


if __name__ == "__main__":
    need_server()
    need_taskc()
    for scene_ in SCENES:
        register(scene_)
    run()
