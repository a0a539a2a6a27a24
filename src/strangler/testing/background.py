"""An event loop in a thread of its own, so that plain tests can talk to fakes that run beside them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine

from strangler.testing.closing import Closing


class Background(Closing):
    """A running event loop. `with Background() as loop: loop.call(coroutine)`."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="fakes", daemon=True)
        self._thread.start()

    def call[T](self, work: Coroutine[None, None, T], seconds: float = 30) -> T:
        """Run a coroutine on the loop and wait for its result."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(seconds)

    def close(self) -> None:
        """Cancel what still runs, and end the thread."""
        self.call(_cancel_all())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


async def _cancel_all() -> None:
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
