"""A warehouse that works by REST, for `up`, `demo` and fault runs: what a real one would do, nothing else."""

from app.packer.desk import Desk
from app.packer.dock import Dock, SandboxDock
from app.packer.habits import EVERYTHING, Habits
from app.packer.warehouse import Packer

__all__ = ["EVERYTHING", "Desk", "Dock", "Habits", "Packer", "SandboxDock"]
