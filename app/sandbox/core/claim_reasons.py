"""Why customers cancel, return and exchange: Coupang's reason codes (article 360034562713)."""

from dataclasses import dataclass

from app.errors import Invalid

FAULTS = ("CUSTOMER", "VENDOR", "COUPANG", "WMS", "GENERAL")


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: `fault` is who usually bears it, the categories are what lists show."""

    code: str
    text: str
    fault: str
    category1: str = "고객변심"
    category2: str = "단순변심(사유없음)"


def _mind(code: str, text: str) -> Reason:
    return Reason(code, text, "CUSTOMER")


def _late(code: str, text: str) -> Reason:
    return Reason(code, text, "VENDOR", "배송불만", "배송지연")


def _flaw(code: str, text: str, category2: str = "사용중 제품결함") -> Reason:
    return Reason(code, text, "VENDOR", "상품불량", category2)


REASONS = {
    one.code: one
    for one in (
        _mind("CHANGEMIND", "필요 없어짐 (단순 변심)"),
        _mind("DIFFERENTOPT", "색상/ 사이즈가 기대와 다름"),
        _mind("CHEAPER", "다른 사이트의 가격이 더 저렴함"),
        _mind("WRONGOPT", "상품의 옵션 선택을 잘못함"),
        _mind("WRONGADDRESS", "배송지 입력 실수"),
        _mind("REORDER", "상품을 추가하여 재주문"),
        _mind("OTHERS", "기타"),
        _late("DELIVERYLATER", "배송 예정일이 예상보다 늦음"),
        _late("DELIVERYSTOP", "배송흐름이 멈춤"),
        _late("CARRIERLOST", "택배사 상품 분실"),
        _late("LOST", "배송 완료지만 상품 받지 못함"),
        _late("LATEDELIVERED", "상품이 늦게 배송됨"),
        Reason("PARTIALMISS", "주문상품 중 일부가 배송되지 않음", "VENDOR", "배송불만", "상품누락"),
        Reason(
            "COMPOMISS", "상품의 구성품, 부속품이 제대로 들어있지 않음", "VENDOR", "배송불만", "구성품누락"
        ),
        _flaw("DAMAGED", "상품이 파손되어 배송됨", "파손"),
        _flaw("DEFECT", "상품 결함/기능에 이상이 있음"),
        _flaw("INACCURATE", "실제 상품이 상품 설명에 써있는 것과 다름", "설명과 다름"),
        _flaw("BOTHDAMAGED", "포장과 상품 모두 훼손됨", "파손"),
        _flaw("SHIPBOXOK", "포장은 괜찮으나 상품이 파손됨", "파손"),
        Reason(
            "WRONGDELIVERY",
            "내가 주문한 상품과 아예 다른 상품이 배송됨",
            "VENDOR",
            "배송불만",
            "오배송",
        ),
        Reason(
            "WRONGSIZECOL",
            "내가 주문한 상품과 다른 색상/ 사이즈의 상품이 배송됨",
            "VENDOR",
            "배송불만",
            "오배송",
        ),
        Reason("OOSSELLER", "업체로부터 품절되었다고 연락 받음", "VENDOR", "배송불만", "품절"),
        Reason("PRICEERROR", "", "VENDOR", "배송불만", "가격오류"),
        Reason("SYSTEMINFO_ERROR", "", "COUPANG", "시스템오류", "시스템오류"),
    )
}
"""Reasons by code; texts that Coupang does not publish are empty."""

CUSTOMERS_MIND = ("CHANGEMIND", "DIFFERENTOPT", "WRONGOPT")
SELLERS_FAULT = ("DEFECT", "DAMAGED", "WRONGDELIVERY", "WRONGSIZECOL", "INACCURATE")
SELLER_CANCELS = {"CCTTER": "OOSSELLER", "CCPNER": "WRONGADDRESS", "CCPRER": "PRICEERROR"}
"""Reason by `middleCancelCode` of O9: stock, partner or address, price."""


def reason_of(code: str) -> Reason:
    """Return a reason.

    Raises:
        Invalid: Not a code of the table.
    """
    if code not in REASONS:
        raise Invalid("no such reason", ("reason", f"one of {', '.join(REASONS)}"))
    return REASONS[code]


def fault_of(fault: str | None, reason: Reason) -> str:
    """Return who bears a claim: as told, else as the reason has it.

    Raises:
        Invalid: Not a fault type.
    """
    if fault is not None and fault not in FAULTS:
        raise Invalid("no such fault type", ("fault", f"one of {', '.join(FAULTS)}"))
    return fault or reason.fault
