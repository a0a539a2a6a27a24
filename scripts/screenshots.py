"""Takes pictures of every page: three widths, both themes. `make screenshots`; they go to build/screenshots.

python scripts/screenshots.py [--output FOLDER] [--only NAME …] [--widths N …] [--ledger FOLDER] [--docs]

The ledger is a month of a billing migration (dashboard_month.py); a real migration is in the middle of its backfill.
`--ledger` takes a folder that dashboard_month.py filled before. `--docs` writes the pictures that the docs show, too.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from strangler.errors import StranglerError
from strangler.testing.browser import arguments, chromium
from strangler_dashboard.routes import TABLE

ROOT = Path(__file__).resolve().parent.parent
WIDTHS = (360, 1280, 2560)
SCHEMES = ("light", "dark")
DOCS = (("board", "light", 1280), ("divergence", "light", 1280), ("migrations", "dark", 1280))
"""Page, theme and width of the pictures that are kept."""
KEPT_HEIGHT = 1000
MOST_BYTES = 200_000
ADDRESSES = {
    "board": "/board",
    "divergences": "/divergences",
    "evidence": "/evidence/payments",
    "cutover": "/cutovers/invoices",
    "problem": "/nowhere",
}
MIGRATION = """\
operations:
  - add_column:
      table: invoices
      up: (total * 100)::bigint
      column: {name: total_cents, type: bigint}
"""


@contextmanager
def migrated() -> Iterator[str]:
    """The address of a database in the middle of a backfill; empty where there is no PostgreSQL to be had."""
    from strangler.testing.postgres import NoPostgresError, start

    folder = Path(tempfile.mkdtemp(prefix="strangler-screenshots-"))
    try:
        server = start(folder)
    except NoPostgresError as error:
        print("screenshots: no migration in them: %s" % error, file=sys.stderr)
        yield ""
        return
    url = server.create_database()
    over = threading.Event()
    filling = threading.Thread(target=fill, args=(url, over), daemon=True)
    try:
        prepare(url)
        filling.start()
        yield url
    finally:
        over.set()
        filling.join(10)
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def prepare(url: str) -> None:
    """A table of invoices, and somebody who still writes its old form."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE invoices (id bigint PRIMARY KEY, number text NOT NULL, total numeric(12, 2) NOT NULL)"
        )
        connection.execute(
            "INSERT INTO invoices SELECT i, 'INV-2026-' || i, (i %% 90000) / 100.0 FROM generate_series(1, %s) i"
            % 120_000
        )
        connection.execute("ANALYZE invoices")


def fill(url: str, over: threading.Event) -> None:
    """Start the migration at a pace that lasts, until it is over."""
    import psycopg

    from strangler_migrations.migration import parse
    from strangler_migrations.readers.watch import beside
    from strangler_migrations.running import lifecycle
    from strangler_migrations.running.backfill import Throttle
    from strangler_migrations.running.chunks import Pacer
    from strangler_migrations.running.session import Session, connected

    class Over(Exception):  # noqa: N818
        pass

    with suppress(Over, StranglerError), connected(url) as connection:
        session = Session(connection, "public", "mara")
        glance = beside(connection, session.monotonic)
        with psycopg.connect(url, autocommit=True, application_name="dunning") as client:

            def watch(*_: object) -> None:
                if over.is_set():
                    raise Over
                client.execute("UPDATE invoices SET total = total WHERE id = 119999")
                glance()

            lifecycle.start(
                session,
                parse(MIGRATION, Path("07_totals_in_cents.yaml")),
                Throttle(Pacer(max_rate=700, rows=700)),
                watch,
            )


@contextmanager
def running(*command: str, folder: Path) -> Iterator[str]:
    """A process of ours, in a folder; gives the first line it printed."""
    with subprocess.Popen(
        [sys.executable, *command], cwd=str(folder), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline()
        finally:
            os.kill(process.pid, signal.SIGINT)


def addresses(browser: Browser, url: str) -> dict[str, str]:
    """Each page once, by its template's name; of a divergence the first with documents."""
    page = browser.new_page()
    page.goto(f"{url}/divergences?cause=rounding&state=open")
    found = dict(ADDRESSES)
    found["divergence"] = page.locator("td.what a").first.get_attribute("href") or ""
    page.close()
    for entry in TABLE:
        name = entry.path.rpartition("/")[2] if entry.name == "act" else entry.name
        found.setdefault(name, entry.path.format(cutover="invoices", id="", migration=""))
    return found


def settled(page: Page, name: str) -> None:
    """It follows the ledger; of a migration, its rate is known."""
    with suppress(PlaywrightTimeout):  # a page that follows nothing is taken as it is
        page.locator("#live.on").wait_for(timeout=100 if name == "problem" else 8_000)
    if name == "migrations":
        with suppress(PlaywrightTimeout):
            page.locator(".fills .spark").wait_for(timeout=30_000)


def shoot(browser: Browser, url: str, asked: argparse.Namespace) -> int:
    """All of them; how many."""
    taken = 0
    for scheme in SCHEMES:
        for width in asked.widths:
            context = browser.new_context(
                viewport={"width": width, "height": 900 if width < 2000 else 1440},
                color_scheme=scheme,  # type: ignore[arg-type]
                timezone_id="Europe/Berlin",
                reduced_motion="reduce",
            )
            page = context.new_page()
            for name, address in addresses(browser, url).items():
                if asked.only and name not in asked.only:
                    continue
                page.goto(url + address)
                settled(page, name)
                page.screenshot(path=asked.output / f"{name}-{width}-{scheme}.png", full_page=True)
                taken += 1
                if asked.docs and (name, scheme, width) in DOCS:
                    keep(page.screenshot(clip={"x": 0, "y": 0, "width": width, "height": KEPT_HEIGHT}), name)
            context.close()
    return taken


def keep(picture: bytes, name: str) -> None:
    """A picture for the docs, if it is small enough for a repository."""
    if len(picture) > MOST_BYTES:
        raise SystemExit("screenshots: %s.png has %d bytes; at most %d" % (name, len(picture), MOST_BYTES))
    folder = ROOT / "docs" / "images"
    folder.mkdir(exist_ok=True)
    (folder / ("%s.png" % name)).write_bytes(picture)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "screenshots")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--widths", nargs="*", type=int, default=WIDTHS)
    parser.add_argument("--ledger", type=Path)
    parser.add_argument("--docs", action="store_true")
    asked = parser.parse_args()
    program = chromium()
    if program is None:
        print("screenshots: no Chromium here; scripts/browser.py says how to have one", file=sys.stderr)
        return 2
    asked.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="strangler-screenshots-") as made:
        folder = asked.ledger or Path(made)
        if asked.ledger is None:
            subprocess.run(
                [sys.executable, str(ROOT / "scripts" / "dashboard_month.py"), str(folder)], check=True
            )
        with migrated() as database:
            file = folder / "strangler.yaml"
            text = file.read_text(encoding="utf-8").partition("migrations:")[0]
            named = "migrations: {database: %s}\n" % database if database else ""
            file.write_text(text + named, encoding="utf-8")
            month = (str(ROOT / "scripts" / "dashboard_month.py"), str(folder), "--go-on")
            command = ("-m", "strangler_cli.main", "dashboard", "--port", "0")
            with ExitStack() as stack:
                stack.enter_context(running(*month, folder=folder))
                said = stack.enter_context(running(*command, folder=folder))
                playwright = stack.enter_context(sync_playwright())
                browser = playwright.chromium.launch(executable_path=program, args=arguments())
                taken = shoot(browser, said.split("at ")[1].split("/board")[0], asked)
                browser.close()
    print("%d pictures in %s" % (taken, asked.output))
    return 0


if __name__ == "__main__":
    sys.exit(main())
