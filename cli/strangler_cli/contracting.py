"""Whether a migration may contract, as the commands ask it: the database, the ledger and the file put together."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from strangler.config import Loaded
    from strangler.gate import Verdict
    from strangler_cli.migrating import Place
    from strangler_cli.screen import Screen
    from strangler_migrations.contract import Case, Need, Proof
    from strangler_migrations.plan import Plan
    from strangler_migrations.readers import Standing
    from strangler_migrations.running.store import Record


def verdict_of(place: Place, record: Record) -> Verdict:
    """The verdict on a migration that is under way. It looks at the readers."""
    from strangler_migrations.brownout import latest
    from strangler_migrations.contract import judge, proof
    from strangler_migrations.contract.asked import begun
    from strangler_migrations.readers import standing
    from strangler_migrations.running.session import refusals

    connection = place.session.connection
    with refusals("looking at who uses the old form"):
        found = standing(connection, record)
        proven, last = proof(connection, record.name), latest(connection, record.name)
        since = begun(connection, record.name)
    return judge(replace(_case(place, found, since, proven), brownout=last))


def verdict_at_rest(place: Place, record: Record) -> Verdict | None:
    """The same for who only looks: what a brownout left is put back first. None, and told, where this role may not
    write down what it sees, or the server is a standby.
    """
    from strangler.errors import StranglerError
    from strangler_migrations.brownout import settled
    from strangler_migrations.running import store
    from strangler_migrations.running.session import refusals

    try:
        with refusals("looking at who uses the old form"):
            store.prepare(place.session.connection)
            settled(place.session, record)
        return verdict_of(place, record)
    except StranglerError as error:
        place.session.tell(f"who uses the old form was not looked at: {error.what}")
        return None


def verdict_beforehand(place: Place, plan: Plan) -> Verdict:
    """What will be asked of one that has not started."""
    from strangler_migrations.contract import judge
    from strangler_migrations.readers import Standing
    from strangler_migrations.readers.standing import form_of_plan
    from strangler_migrations.readers.unknown import unknown
    from strangler_migrations.running.session import refusals

    form = form_of_plan(plan)
    with refusals("looking for who may use the old form"):
        found = unknown(place.session.connection, form)
    return judge(
        _case(
            place, Standing(form, (), found, None, None, None, blind=False, now=datetime.now(UTC)), None, None
        )
    )


def _case(place: Place, standing: Standing, begun: datetime | None, proven: Proof | None) -> Case:
    from strangler_migrations.contract import Case
    from strangler_migrations.contract.asked import later, policy_of

    name, loaded = standing.form.migration, place.loaded
    if loaded is None:
        return Case(standing, begun, proven, (), policy_of(None))
    needs, told = _from_ledger(loaded, name)
    return Case(standing, begun, later(proven, told), needs, policy_of(place.settings), loaded.line_of)


def _from_ledger(loaded: Loaded, name: str) -> tuple[tuple[Need, ...], Proof | None]:
    """Where the cutovers stand that keep its old form, and a proof that was published."""
    from strangler.errors import StranglerError
    from strangler_cli.session import ledger_of
    from strangler_migrations.contract.asked import needs, told

    try:
        with ledger_of(loaded, create=True) as ledger, ledger.read() as connection:
            return needs(loaded.config, name, connection), told(connection, name)
    except StranglerError:
        return needs(loaded.config, name, None), None


def agreement(place: Place, *, force: bool, reason: str | None, as_json: bool) -> Callable[[Record], None]:
    """What `complete` asks before it changes anything: raises Refused, or writes the audit entry of who forced it."""

    def agreed(record: Record) -> None:
        from strangler.errors import Refused
        from strangler_cli.migrating import audited
        from strangler_migrations.running import store

        verdict = verdict_of(place, record)
        if verdict.status == "pass":
            for note in verdict.notes:
                place.session.tell(f"note: {note}")
        elif not force:
            printed(place, verdict, as_json=as_json)
            raise Refused(
                f"{record.name} was not completed: {verdict.status}",
                remedy="mend that, or --force --reason TEXT",
                exit_code=verdict.exit_code,
            )
        else:
            codes = ", ".join(sorted({each.code for each in verdict.reasons}))
            after = {"status": verdict.status, "reasons": [each.measured for each in verdict.reasons]}
            with audited(place, "migration.forced", record.name, reason or "", after):
                store.note(
                    place.session.connection,
                    record.name,
                    "forced",
                    place.session.actor,
                    f"{reason} (over {codes})",
                )
            place.session.tell(f"forced over: {codes}")

    return agreed


def printed(place: Place, verdict: Verdict, *, as_json: bool) -> None:
    """The verdict, for people or for programs."""
    if as_json:
        from strangler_cli.formats.as_json import dumped

        click.echo(dumped(as_object(place, verdict)))
        return
    from strangler_cli.screen import Screen

    screen = Screen()
    as_text(screen, place, verdict)
    screen.flush()


def as_object(place: Place, verdict: Verdict) -> dict[str, Any]:
    """The verdict's fields; docs/commands.md has them."""
    import msgspec

    from strangler.views.gate import gate_view

    view = gate_view(verdict, str(place.loaded.file) if place.loaded else "")
    return {"migration": verdict.cutover, **msgspec.to_builtins(view)}


def as_text(screen: Screen, place: Place, verdict: Verdict, head: str = "its contract is refused") -> None:
    """Each reason in its lines; nothing where nothing is in the way."""
    from strangler_cli.formats.verdict import reason_lines

    file = str(place.loaded.file) if place.loaded else ""
    if verdict.reasons:
        screen.line(f"{verdict.cutover}: {head}: {verdict.status}", "warn")
    for reason in verdict.reasons:
        screen.line()
        for line, tone in reason_lines(reason, file):
            screen.line(line, tone)
    for note in verdict.notes:
        screen.line(f"note: {note}", "dim")
