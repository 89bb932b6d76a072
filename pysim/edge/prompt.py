"""A prompt of one line for a place in the run: a step or a time."""

_HEAD = "go to"
_HINT = "a step or a time, as 12,000 or 3:25:10 or 17d 6h or 50%"
_LONGEST = 40  # characters that can be typed


class Prompt:
    """What was typed so far, and why it was refused, until the next key."""

    def __init__(self) -> None:
        self.typed = ""
        self._refusal = ""

    def press(self, key: str) -> None:
        """A key that writes; others mean nothing here."""
        self._refusal = ""
        if key == "backspace":
            self.typed = self.typed[:-1]
        elif key == "space" or len(key) == 1:
            self.typed = (self.typed + (" " if key == "space" else key))[:_LONGEST]

    def refuse(self, why: str) -> None:
        """It cannot be gone to; what was typed stays."""
        self._refusal = why

    def line(self, columns: int) -> str:
        """The prompt, or the refusal in its place."""
        if len(self._refusal) > columns:
            return self._refusal.rpartition(", ")[0][:columns]
        return self._refusal or f"{_HEAD} {self.typed}_  {_HINT}"[:columns]
