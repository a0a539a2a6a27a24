"""What a request says, checked: its parameters, what it accepts, what it has already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from strangler_dashboard.api.errors import Unfit

if TYPE_CHECKING:
    from starlette.requests import Request

JSON: Final = "application/json"


def parameters[Q: msgspec.Struct](request: Request, wanted: type[Q]) -> Q:
    """The parameters of the address. Raises Unfit (422): what is mistyped would else filter nothing."""
    pairs = request.query_params.multi_items()
    said = dict(pairs)
    known = ", ".join(f"`{name}`" for name in wanted.__struct_fields__)
    remedy = f"known: {known}" if known else "there are none here"
    if len(said) != len(pairs):
        raise Unfit(422, "a parameter stands twice in the address", remedy=remedy)
    try:
        return msgspec.convert(said, wanted, strict=False)
    except msgspec.ValidationError as error:
        raise Unfit(422, f"the parameters do not fit: {placed(error)}", remedy=remedy) from None


def placed(error: msgspec.ValidationError) -> str:
    """What does not fit, and where, in words."""
    what, _, place = str(error).partition(" - at ")
    where = place.strip("`").removeprefix("$").lstrip(".")
    return f"`{where}`: {what}" if where else what


def check_accepts(request: Request, media: str = JSON) -> None:
    """Raises Unfit (406) where `Accept` (RFC 9110 section 12.5.1) leaves no room for `media`."""
    said = ",".join(request.headers.getlist("accept"))
    if said.strip() and not _quality(said, media):
        raise Unfit(406, f"this address answers {media}", remedy=f"`Accept: {media}`, or none")


def _quality(accept: str, media: str) -> bool:
    """Whether the most precise range that fits lets it pass."""
    ranges = (media, f"{media.partition('/')[0]}/*", "*/*")
    known: dict[str, bool] = {}
    for part in accept.split(","):
        name, *options = (each.strip().lower() for each in part.split(";"))
        known[name] = not any(option.replace(" ", "").rstrip("0") in {"q=", "q=0."} for option in options)
    return next((known[each] for each in ranges if each in known), False)


def has_already(request: Request, tag: str) -> bool:
    """Whether `If-None-Match` (RFC 9110 section 13.1.2) names the tag, compared weakly, or says `*`."""
    said = ",".join(request.headers.getlist("if-none-match"))
    named = {each.strip().removeprefix("W/") for each in said.split(",")}
    return "*" in named or tag.removeprefix("W/") in named
