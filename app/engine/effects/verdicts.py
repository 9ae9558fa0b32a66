"""What an answer of Coupang means for an effect; what a family's own answers mean, its `verdicts` say."""

from dataclasses import dataclass

from app.coupang.errors import AlreadyDone, CountMismatch, CoupangError, NotExisting, Rejected


@dataclass(frozen=True, slots=True)
class Verdict:
    """The event an effect takes, and why; `wait` means that nothing can be said yet."""

    event: str
    code: str
    message: str = ""
    reread: bool = False
    """The box itself must be read: the answer says that our picture of it is wrong."""

    @property
    def told(self) -> str:
        """Return code and words in one line; the words of an error begin with its name, its code."""
        if self.message.startswith(self.code):
            return self.message
        return f"{self.code} {self.message}".strip()


def judge_error(error: CoupangError, *, alone: bool) -> Verdict:
    """Return what a failed call means: unknown, rejected, or surely not applied.

    Args:
        error: As the client raised it.
        alone: The call carried one change. Of a call that carried several, each is sent alone next time, so
            that one bad row cannot reject the others.
    """
    code, told = type(error).__name__, str(error)
    # "Done already" and "no such receipt" say that our picture is wrong, not what became of the change.
    if error.outcome == "unknown" or isinstance(error, AlreadyDone | NotExisting):
        return Verdict("doubt", code, told)
    if isinstance(error, Rejected) and alone:
        return Verdict("reject", code, told, reread=isinstance(error, CountMismatch))
    return Verdict("hand_back", code, told)
