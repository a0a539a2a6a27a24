"""The embedded plane: mitmproxy's proxy layers, under a codec and a session of our own (docs/adr/0004).

What of mitmproxy carries the traffic: `HttpLayer` and `HttpStream` (who waits for what, streaming, errors, tunnels).
What stands in for its own parts: reading and writing HTTP/1 (`codec`), sockets (`session`), the points in
`HttpStream` where a canary falls back (`stream`). No Master, no add-ons, no options file.
"""
