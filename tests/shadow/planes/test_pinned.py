"""The plane leans on internals of one version of mitmproxy: these are the ones, so that an update is no surprise."""

import inspect
import subprocess
import sys
from importlib.metadata import version

import pytest
from mitmproxy.proxy.layers import http
from mitmproxy.proxy.layers.http import HttpLayer, HttpStream, _http1

from strangler_shadow.planes.mitmproxy.layers import LayerOptions
from strangler_shadow.planes.mitmproxy.process import PINNED


def test_the_version_is_the_one_the_plane_was_written_for() -> None:
    assert version("mitmproxy") == PINNED


def test_mitmproxys_own_reading_still_needs_ours_in_its_place() -> None:
    """Where one of these fails, mitmproxy learned something, and the codec may have less to do."""
    source = inspect.getsource(_http1)
    assert "HTTP trailers are not implemented yet" in source
    assert "protect against header size DoS" in source


def test_options_that_the_layers_read_are_options_that_we_give() -> None:
    import re

    source = inspect.getsource(http)
    read = set(re.findall(r"context\.options\.(\w+)", source)) - {"connection_strategy"}  # of CONNECT only
    assert read <= set(LayerOptions.__dataclass_fields__)


@pytest.mark.parametrize(
    "name",
    [
        "check_body_size",
        "make_server_connection",
        "state_wait_for_response_headers",
        "state_consume_response_body",
        "state_stream_request_body",
        "handle_protocol_error",
        "start_request_stream",
        "start_response_stream",
        "send_response",
        "flow_done",
        "passthrough",
    ],
)
def test_the_points_of_the_stream_are_there(name: str) -> None:
    assert callable(getattr(HttpStream, name))


@pytest.mark.parametrize("name", ["make_stream", "get_connection", "register_connection", "event_to_child"])
def test_the_points_of_the_layer_are_there(name: str) -> None:
    assert callable(getattr(HttpLayer, name))


@pytest.mark.parametrize("given", [b'{"plane": 1}\n', b""])
def test_settings_that_cannot_be_read_are_a_word_and_an_exit_code(given: bytes) -> None:
    command = [sys.executable, "-m", "strangler_shadow.planes.mitmproxy"]
    done = subprocess.run(command, input=given, capture_output=True, timeout=60, check=False)
    assert done.returncode == 2
    assert b"no settings" in done.stderr
    assert b"Traceback" not in done.stderr
