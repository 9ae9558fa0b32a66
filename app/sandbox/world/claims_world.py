"""Claims in the world's Python API: receipts and exchanges, and everybody who acts on them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.errors import NotFound
from app.sandbox.claims.create_claims import Why
from app.sandbox.core.claim_entities import LINKED, OPEN, Claimed, Exchange, Pickup, Receipt
from app.sandbox.core.claim_reasons import fault_of, reason_of
from app.sandbox.core.order_entities import Box, Receiver
from app.sandbox.core.state import SandboxState
from app.sandbox.world import claim_actors


def told_why(reason: str = "CHANGEMIND", fault: str | None = None, detail: str = "") -> Why:
    """Return what a customer tells.

    Raises:
        Invalid: An unknown reason or fault type.
    """
    known = reason_of(reason)
    return Why(known, fault_of(fault, known), detail)


class ClaimsWorld(SandboxState):
    """The part of the world that is about claims. Every method first lets happen what is due."""

    def request_return(
        self,
        box_id: int,
        pieces: Mapping[int, int] | None = None,
        *,
        collect: str = LINKED,
        why: Why | None = None,
        by: str = "customer",
    ) -> Receipt:
        """Let a customer return pieces of a shipped box ({vendorItemId: count}, None is all)."""
        now, box = self.advance(), self._paid(box_id)
        return claim_actors.request_return(self, box, now, _told(pieces), why, collect, by)

    def request_exchange(
        self,
        box_id: int,
        pieces: Mapping[int, int] | None = None,
        *,
        collect: str = LINKED,
        why: Why | None = None,
    ) -> Exchange:
        """Let a customer exchange pieces of a shipped box against the same option."""
        now, box = self.advance(), self._paid(box_id)
        return claim_actors.request_exchange(self, box, now, _told(pieces), why, collect)

    def withdraw(self, claim_id: int, *, by: str = "customer") -> Receipt | Exchange:
        """Take a receipt or an exchange back; Coupang's `support` may do so at any time."""
        now, claim = self.advance(), self.claim(claim_id)
        if isinstance(claim, Receipt):
            claim_actors.withdraw(self, claim, now, by)
        else:
            claim_actors.withdraw_exchange(self, claim, now, by)
        return claim

    def decide(self, receipt_id: int, *, lost: bool = False) -> Receipt:
        """Let Coupang's support complete a return; `lost` says the goods never came."""
        now, receipt = self.advance(), self.receipt(receipt_id)
        claim_actors.decide(self, receipt, now, lost=lost)
        return receipt

    # the seller in WING

    def wing_dispute(self, receipt_id: int) -> Receipt:
        """Ask Coupang to arbitrate."""
        now, receipt = self.advance(), self.receipt(receipt_id)
        claim_actors.wing_dispute(self, receipt, now)
        return receipt

    def wing_stop(self, receipt_id: int) -> Receipt:
        """Answer a stop request: not shipped."""
        now, receipt = self.advance(), self.receipt(receipt_id)
        claim_actors.wing_answer_stop(self, receipt, now)
        return receipt

    def wing_already_shipped(self, receipt_id: int, courier_code: str, invoice_number: str) -> Receipt:
        """Answer a stop request: shipped already, with this waybill."""
        now, receipt = self.advance(), self.receipt(receipt_id)
        claim_actors.wing_answer_stop(self, receipt, now, courier_code, invoice_number)
        return receipt

    def wing_receive(self, claim_id: int) -> Receipt | Exchange:
        """Confirm by hand that goods came back."""
        now, claim = self.advance(), self.claim(claim_id)
        if isinstance(claim, Receipt):
            claim_actors.wing_receive(self, claim, now)
        else:
            claim_actors.wing_receive_exchange(self, claim, now)
        return claim

    def wing_approve(self, receipt_id: int) -> Receipt:
        """Approve a return by hand."""
        now, receipt = self.advance(), self.receipt(receipt_id)
        claim_actors.wing_approve(self, receipt, now)
        return receipt

    def wing_reject(self, exchange_id: int, code: str) -> Exchange:
        """Refuse an exchange by hand (`SOLDOUT` or `WITHDRAW`)."""
        now, exchange = self.advance(), self.exchange(exchange_id)
        claim_actors.wing_reject_exchange(exchange, now, code)
        return exchange

    # the couriers of the way back

    def pickup_book(
        self, claim_id: int, courier_code: str = "", invoice_number: str = ""
    ) -> Receipt | Exchange:
        """Give a pick-up its waybill now; an automatic one draws its own."""
        now, claim = self.advance(), self.claim(claim_id)
        claim_actors.courier_book(self, claim, now, courier_code, invoice_number)
        return claim

    def pickup_scan(self, claim_id: int) -> Receipt | Exchange:
        """Let the courier take the goods from the customer now."""
        now, claim = self.advance(), self.claim(claim_id)
        claim_actors.courier_scan(self, claim, now)
        return claim

    def pickup_arrive(self, claim_id: int) -> Receipt | Exchange:
        """Let the goods arrive at the seller now."""
        now, claim = self.advance(), self.claim(claim_id)
        claim_actors.courier_arrive(self, claim, now)
        return claim

    def pickup_fail(self, exchange_id: int) -> Exchange:
        """Let the pick-up of an exchange fail."""
        now, exchange = self.advance(), self.exchange(exchange_id)
        claim_actors.courier_fail(exchange, now)
        return exchange

    # what is true

    def receipt(self, receipt_id: int) -> Receipt:
        """Return a receipt, a withdrawn one too.

        Raises:
            NotFound: No such receipt.
        """
        if receipt_id not in self.receipts:
            raise NotFound(f"no receipt {receipt_id}")
        return self.receipts[receipt_id]

    def exchange(self, exchange_id: int) -> Exchange:
        """Return an exchange.

        Raises:
            NotFound: No such exchange.
        """
        if exchange_id not in self.exchanges:
            raise NotFound(f"no exchange {exchange_id}")
        return self.exchanges[exchange_id]

    def claim(self, claim_id: int) -> Receipt | Exchange:
        """Return the receipt or exchange with this number.

        Raises:
            NotFound: Neither.
        """
        return self.exchanges[claim_id] if claim_id in self.exchanges else self.receipt(claim_id)

    def receipts_of_box(self, box_id: int) -> list[Receipt]:
        """Return the receipts that were filed for a box, oldest first."""
        self.advance()
        box = self._paid(box_id)
        return [one for one in self.claims.get(box.order_id, ()) if one.box_id == box_id]

    def true_receipts(self, vendor_id: str | None = None) -> list[dict[str, Any]]:
        """Return every receipt as it really is, whatever lists show; oldest id first."""
        self.advance()
        found = sorted(self.receipts.items())
        return [truth_of_receipt(one) for _, one in found if vendor_id in (None, one.vendor_id)]

    def true_exchanges(self, vendor_id: str | None = None) -> list[dict[str, Any]]:
        """Return every exchange as it really is; oldest id first."""
        self.advance()
        found = sorted(self.exchanges.items())
        return [truth_of_exchange(one) for _, one in found if vendor_id in (None, one.vendor_id)]

    def _paid(self, box_id: int) -> Box:
        box = self.box(box_id)
        if box.paid_at > self.now():
            raise NotFound(f"box {box_id} is not paid yet")
        return box


def truth_of_receipt(one: Receipt) -> dict[str, Any]:
    """Return one receipt as it really is."""
    return {
        "receipt_id": one.receipt_id,
        "vendor_id": one.vendor_id,
        "order_id": one.order_id,
        "shipment_box_id": one.box_id,
        "kind": one.kind,
        "status": one.status,
        "open": one.status in OPEN,
        "release_status": one.release,
        "release_stop_status": one.stop,
        "reason": one.reason.code,
        "fault": one.fault,
        "count": one.count,
        "lines": _lines(one.pieces),
        "quick_refund": one.quick,
        "pre_refund": one.pre_refund,
        "charge_krw": one.charge_krw,
        "confirm": one.confirm,
        "created_at": one.created_at.isoformat(),
        "listed_from": one.shown_from.isoformat(),
        "completed_at": _iso(one.completed_at),
        "withdrawn_at": _iso(one.withdrawn_at),
        "pickup": _pickup(one.pickup),
        "history": _history(one.history),
    }


def truth_of_exchange(one: Exchange) -> dict[str, Any]:
    """Return one exchange as it really is."""
    return {
        "exchange_id": one.exchange_id,
        "vendor_id": one.vendor_id,
        "order_id": one.order_id,
        "shipment_box_id": one.box_id,
        "new_shipment_box_id": one.new_box_id,
        "status": one.status,
        "open": one.is_open,
        "collect_status": one.collect,
        "rejectable": one.rejectable,
        "reason": one.reason.code,
        "fault": one.fault,
        "cancel_reason": one.cancel_reason,
        "lines": _lines(one.pieces),
        "receiver": {name: getattr(one.receiver, name) for name in Receiver.__slots__},
        "created_at": one.created_at.isoformat(),
        "collected_at": _iso(one.collected_at),
        "pickup": _pickup(one.pickup),
        "history": _history(one.history),
    }


def _lines(pieces: list[Claimed]) -> list[dict[str, int]]:
    return [{"vendor_item_id": one.line.vendor_item_id, "count": one.count} for one in pieces]


def _pickup(one: Pickup) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "rows": [{"delivery_company_code": code, "invoice_number": number} for code, number in one.rows],
        "booked_at": _iso(one.booked_at),
        "scanned_at": _iso(one.scanned_at),
        "arrived_at": _iso(one.arrived_at),
    }


def _history(steps: list[tuple[str, datetime, str]]) -> list[dict[str, str]]:
    return [{"status": status, "at": at.isoformat(), "by": by} for status, at, by in steps]


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _told(pieces: Mapping[int, int] | None) -> dict[int, int] | None:
    return None if pieces is None else dict(pieces)
