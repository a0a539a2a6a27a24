"""Whether what makes pages is installed."""

from __future__ import annotations


def pages() -> None:
    """Raises NotInstalled where it is not."""
    from importlib.util import find_spec

    missing = [name for name in ("jinja2", "starlette", "uvicorn") if find_spec(name) is None]
    if missing:
        from strangler_dashboard.errors import NotInstalled

        raise NotInstalled(
            f"what makes pages is not installed ({', '.join(missing)})",
            remedy='pip install "strangler[dashboard]"',
        )
