"""A collector that speaks OTLP over HTTP: what it is sent is decoded by OpenTelemetry's own protobuf."""

from __future__ import annotations

import gzip
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


class Collector:
    """`spans`: all that came. `status`: what it answers; `wait`: set to let it answer at all."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.headers: list[dict[str, str]] = []
        self.resources: list[dict[str, str]] = []
        self.status = 200
        self.wait = threading.Event()
        self.wait.set()
        outer = self

        class Taking(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer._take(self)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.wait.set()
        self._server.shutdown()
        self._server.server_close()

    def _take(self, asked: BaseHTTPRequestHandler) -> None:
        body = asked.rfile.read(int(asked.headers["Content-Length"]))
        if asked.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.wait.wait(30)
        assert (asked.path, asked.headers["Content-Type"]) == ("/v1/traces", "application/x-protobuf")
        if self.status == 200:
            request = ExportTraceServiceRequest.FromString(body)
            for of_resource in request.resource_spans:
                self.resources.append(attributes(of_resource.resource))
                for scope in of_resource.scope_spans:
                    self.spans += scope.spans
        self.headers.append({name.lower(): value for name, value in asked.headers.items()})
        answer = ExportTraceServiceResponse().SerializeToString()
        asked.send_response(self.status)
        asked.send_header("Content-Type", "application/x-protobuf")
        asked.send_header("Content-Length", str(len(answer)))
        asked.end_headers()
        asked.wfile.write(answer)


def attributes(of: Any) -> dict[str, Any]:
    """Of a span or a resource."""
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in of.attributes}
