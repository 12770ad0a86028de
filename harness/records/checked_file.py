"""Files that tell whether they are whole: a first line with the schema and the SHA-256 of the body that follows it."""

import hashlib
import re
from dataclasses import dataclass


class CheckedFileError(ValueError):
    """A file's content cannot be trusted: torn, altered, empty, or from a newer version."""


@dataclass(frozen=True, slots=True)
class CheckedFormat:
    """How files of one kind look around their body."""

    kind: str  # what its files hold, in messages
    schema: int
    opening: str = "}"  # what ends the first line, behind the checksum
    closing: str = ""  # what follows the body

    def wrap(self, body: bytes | memoryview) -> bytes:
        """Return the content of a file with this body."""
        head = f'{{"schema": {self.schema}, "sha256": "{hashlib.sha256(body).hexdigest()}"{self.opening}\n'
        return b"".join((head.encode(), body, self.closing.encode()))

    def unwrap(self, content: bytes, *, size: str) -> memoryview:
        """Return the body of a file's content; CheckedFileError says why it cannot be trusted. size: of it, in words."""
        head = re.match(
            rb'\{"schema": ([0-9]{1,9}), "sha256": "([0-9a-f]{64})"' + re.escape(self.opening.encode()) + b"\n", content
        )
        if head is None:
            raise CheckedFileError(f"is no whole {self.kind} ({size}).")
        if int(head[1]) != self.schema:
            raise CheckedFileError(f"has schema {int(head[1])}; this version reads schema {self.schema}.")
        body = memoryview(content)[head.end() :]
        for ending in reversed(self.closing.encode()):  # each may be missing: it holds nothing
            if body and body[-1] == ending:
                body = body[:-1]
        if hashlib.sha256(body).hexdigest() != head[2].decode():
            raise CheckedFileError("is torn or altered (its content does not match its checksum).")
        return body
