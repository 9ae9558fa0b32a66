"""A warehouse that works by REST, for `up`, `demo` and fault runs: what a real one would do, nothing else."""

from app.devtools.packer.desk import Desk
from app.devtools.packer.dock import Dock, Parcel, SandboxDock
from app.devtools.packer.habits import EVERYTHING, Habits
from app.devtools.packer.warehouse import Packer

__all__ = ["EVERYTHING", "Desk", "Dock", "Habits", "Packer", "Parcel", "SandboxDock"]
