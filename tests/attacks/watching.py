"""A program that runs watchers of one folder as forks and kills them at chosen operations on files.

    python -m tests.attacks.watching many URL FOLDER COUNT
    python -m tests.attacks.watching each URL FOLDER COPY FIRST_URL

`many` runs so many watchers at once. `each` makes FOLDER/NUMBER with a file `a.csv` of COPY, kills a watcher
that sends to FIRST_URL before its first, second and so on operation, and lets another go on that sends to
URL. It exits with the number of deaths. Forks share what was imported, which takes longer than their work.
"""

import os
import signal
import sys
from pathlib import Path

from cli.publish.watch import watch

OPERATIONS = frozenset({"open", "os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir"})


def main() -> None:
    """Run what the arguments say."""
    what, url, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    if what == "many":
        children = [_forked(url, folder) for _ in range(int(sys.argv[4]))]
        sys.exit(max(_end(child) for child in children))
    text, deaths = Path(sys.argv[4]).read_bytes(), 0
    while True:
        place = folder / str(deaths)
        place.mkdir()
        (place / "a.csv").write_bytes(text)
        died = _end(_forked(sys.argv[5], place, dies_at=deaths + 1))
        if _end(_forked(url, place)) != 0:
            sys.exit(f"the watcher after death {deaths + 1} failed")
        if died == 0:
            sys.exit(deaths)
        deaths += 1


def _forked(url: str, folder: Path, *, dies_at: int = 0) -> int:
    child = os.fork()
    if child:
        return child
    left = dies_at

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        if event in OPERATIONS and str(folder) in str(arguments[0]):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    watch(folder, url=url, key="dw_x", batch=2, patience=0.0, once=True)
    os._exit(0)


def _end(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    main()
