"""The shadow worker: asks the other side, compares, and writes what it found to the ledger.

    wire (planes) ─► intake ─► queue ─► ask ─► compare ─► (re-ask, twin) ─► settle ─► writer ─► ledger

One process serves every plane. Nothing it does can slow a client: planes never wait for it, it sheds what it cannot
hold, and everything it sheds is counted.
"""
