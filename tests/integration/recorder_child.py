"""A process that records: `python recorder_child.py ARCHIVE COUNT [FILE_SIZE_LIMIT]`; a line for each answer.

`ok <record id>` once an exchange is stored, `failed <error class>: <message>` once one was refused. It ends
without sealing when it is killed, and with `closed` when it is not.
"""

from __future__ import annotations

import resource
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from pipelines.errors import StorageError
from tests.warcs import Index, capture, page, recorder


def main() -> None:
    archive, count = Path(sys.argv[1]), int(sys.argv[2])
    if len(sys.argv) > 3:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]),) * 2)
    writer = recorder(archive, Index(), fsync=True)
    for number in range(count):
        # every fifth page is one that was there before: a revisit
        future = writer.submit(capture(number, page(number - number % 5 if number % 5 == 4 else number, 3000)))
        try:
            print("ok", future.result(60).locator.record_id, flush=True)
        except StorageError as error:
            print(f"failed {type(error).__name__}: {error}", flush=True)
    writer.close()
    print("closed", flush=True)


if __name__ == "__main__":
    main()
