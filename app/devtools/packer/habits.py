"""How a warehouse works: which share of its cases takes which turn."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Habits:
    """Shares between 0 and 1; every case draws its own luck, whatever the order in which cases come up."""

    direct_share: float = 0.05
    """Boxes that the seller brings himself."""
    permit_share: float = 0.0
    """Boxes whose claims are asked for right before the hand-over."""
    split_share: float = 0.0
    """Among boxes that Coupang lets be split: how many leave in two parts."""
    handed_over_share: float = 0.0
    """Stop requests that find the parcel with the courier already."""
    late_share: float = 0.0
    """Stop requests that are answered only after `late_after`."""
    late_after: timedelta = timedelta(hours=26)
    silent_share: float = 0.0
    """Stop requests that nobody answers: Coupang decides by itself."""
    finding_share: float = 0.0
    """Claims of which one option comes back damaged or not at all."""
    sold_out_share: float = 0.0
    """Exchanges that are rejected because there is nothing to exchange for."""


EVERYTHING = Habits(
    permit_share=0.1,
    split_share=0.17,
    handed_over_share=0.25,
    late_share=0.25,
    silent_share=0.05,
    finding_share=0.12,
    sold_out_share=0.15,
)
"""A warehouse that meets every case: about 5 % of all boxes are split when 30 % may be."""
