"""Reading a JSON document piece by piece, in as much memory as its largest piece takes.

The standard library's decoder does the reading, so values are what `json.load` gives: long ids stay whole, ``NaN`` is
read, and half of an emoji or a byte that is not UTF-8 can be found in the piece that holds it. (ijson stops at ``NaN``
and at such a byte, and turns half of an emoji into a question mark.)
"""

import json
import re
from collections.abc import Iterator
from typing import Any, TextIO

_CHUNK = 1 << 16
_LONGEST_WORD = 16
"""Characters; an error so near the end of what was read may only mean that more must be read."""
_BLANKS = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


class JsonStream:
    """A JSON document that is read from its beginning to its end.

    Every method reads on from where the last one stopped, and raises `ValueError` or `RecursionError` where the text is
    not JSON. Whoever iterates over `elements` or `members` reads each value before going on.

    >>> import io
    >>> document = JsonStream(io.StringIO('{"name": "a", "messages": [1, 2]}'))
    >>> [(name, list(document.items()) if name == "messages" else document.value()) for name in document.members()]
    [('name', 'a'), ('messages', [1, 2])]
    """

    def __init__(self, file: TextIO) -> None:
        self._file, self._text, self._at, self._ended = file, "", 0, False
        self.raw = ""  # the text of the last value

    def peek(self) -> str:
        """The next character that is no blank; nothing at the end."""
        while True:
            self._at = _BLANKS.match(self._text, self._at).end()  # type: ignore[union-attr]  # it always matches
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def value(self) -> Any:
        """Read a whole value."""
        self.peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
                if end < len(self._text) or not self._more():  # a number may go on in the next chunk
                    self.raw, self._at = self._text[self._at : end], end
                    return value
            except json.JSONDecodeError as error:
                cut = error.msg.startswith("Unterminated string") or error.pos > len(self._text) - _LONGEST_WORD
                if not cut or not self._more():
                    raise

    def items(self) -> Iterator[Any]:
        """Read the values of an array."""
        for _ in self.elements():
            yield self.value()

    def elements(self) -> Iterator[None]:
        """Go into an array, and stop before each of its values."""
        self._take("[")
        if self.peek() != "]":
            yield
            while self.peek() == ",":
                self._take(",")
                yield
        self._take("]")

    def members(self) -> Iterator[str]:
        """Go into an object, and stop before each of its values, with its name."""
        self._take("{")
        if self.peek() != "}":
            yield self._name()
            while self.peek() == ",":
                self._take(",")
                yield self._name()
        self._take("}")

    def end(self) -> None:
        """Read nothing, since there is nothing left."""
        if self.peek():
            raise ValueError("something follows where the document should end")

    def _name(self) -> str:
        if self.peek() != '"':
            raise ValueError(f"a name in quotes is missing before {self._rest()}")
        name = str(self.value())
        self._take(":")
        return name

    def _take(self, wanted: str) -> None:
        if self.peek() != wanted:
            raise ValueError(f"{wanted} is missing before {self._rest()}")
        self._at += 1

    def _rest(self) -> str:
        return repr(self._text[self._at : self._at + 20]) if self.peek() else "the end"

    def _more(self) -> bool:
        """Read as much again as is left over, so that a large value is not tried too often."""
        if not self._ended:
            self._text, self._at = self._text[self._at :], 0
            chunk = self._file.read(max(_CHUNK, len(self._text)))
            self._text += chunk
            self._ended = not chunk
        return not self._ended
