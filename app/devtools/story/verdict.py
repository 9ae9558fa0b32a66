"""What a story has shown."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Verdict:
    """The findings: figures to read, and every broken promise."""

    lines: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
