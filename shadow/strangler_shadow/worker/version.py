"""Which version of the candidate gave an answer: read from the answer, from an endpoint, or said beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from strangler.config.systems import Version
from strangler.exchange import Failure, Response

_LONGEST = 100
_MARK = 16
_ERROR = 300
"""From this status on an answer may be another one's: a redirect of a gateway, its error page."""


def shortened(version: str) -> str:
    """Of at most a hundred characters; what is cut off is still part of it, so two that differ there stay two."""
    if len(version) <= _LONGEST:
        return version
    rest = sha256(version.encode("utf-8", "surrogatepass")).hexdigest()[:_MARK]
    return f"{version[: _LONGEST - _MARK - 1]}…{rest}"


@dataclass(slots=True)
class VersionSource:
    """`known`: the latest version seen, empty while unknown. What gave no answer is booked on the latest known."""

    header: bytes = b""
    fixed: str = ""
    known: str = ""

    @classmethod
    def of(cls, declared: Version | None, given: str | None, known: str = "") -> VersionSource:
        """As the file declares it; `given` (on the command line) goes before. `known`: from before a reload."""
        if given or (declared and declared.value):
            return cls(fixed=shortened(given or (declared.value if declared else "") or ""))
        header = declared.header if declared and declared.header else ""
        return cls(header=header.lower().encode("latin-1"), known=known)

    def of_answer(self, answer: Response | Failure | None) -> str:
        """The version that gave this answer of the candidate; the latest known when it does not say."""
        if self.fixed:
            return self.fixed
        if self.header and isinstance(answer, Response):
            for name, value in answer.message.fields:
                if name.lower() == self.header:
                    self.known = shortened(value.decode("utf-8", "replace").strip())
                    break
            else:
                # An error may be of another make (a gateway's page) and says nothing about the version. A success is
                # the candidate's own: a version that says no more which it is must not pass for the one before.
                if answer.status < _ERROR:
                    self.known = ""
        return self.known
