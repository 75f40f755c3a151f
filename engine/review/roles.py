"""Who may take which step of a review: the desk's one role table applied to it (CONTROLS ARM-02)."""

from collections.abc import Mapping

from engine.model.principal import Principal, Role
from engine.review.refusal import ReviewRefused

AUTHORS = (Role.RISK_OFFICER, Role.COMPLIANCE)
"""Those who answer for limits write and withdraw them."""
APPROVERS = (Role.APPROVER, Role.RISK_OFFICER, Role.COMPLIANCE)
ACTIVATORS = (Role.OPERATOR, Role.RISK_OFFICER, Role.COMPLIANCE)
"""Activating decides nothing: it puts in force what others approved."""

MAY: Mapping[str, tuple[Role, ...]] = {
    "draft": AUTHORS,
    "propose": AUTHORS,
    "withdraw": AUTHORS,
    "approve": APPROVERS,
    "deny": APPROVERS,
    "activate": ACTIVATORS,
}
"""Any one of these roles, held at the instant of the step."""


def check_role(principals: Mapping[str, Principal], name: str, step: str, at: int) -> Principal:
    """Return the principal who may take a step at an instant.

    Who trades never approves, whatever else they are (RTS 6 Art 16(2)). Raises ReviewRefused:
    REVIEW_PRINCIPAL, REVIEW_ROLE, REVIEW_TRADER.
    """
    principal = principals.get(name)
    if principal is None:
        raise ReviewRefused("REVIEW_PRINCIPAL", f"there is no principal {name}",
                            "name one of principals.yaml; whoever acted stays listed")  # fmt: skip
    if not any(principal.holds(role, at) for role in MAY[step]):
        wanted = ", ".join(MAY[step])
        raise ReviewRefused("REVIEW_ROLE", f"{name} may not {step}: that takes one of {wanted}",
                            "ask somebody who holds the role then; expired principals hold none")  # fmt: skip
    if step == "approve" and principal.holds(Role.TRADER, at):
        raise ReviewRefused("REVIEW_TRADER", f"{name} trades, and who trades approves no rules",
                            "ask somebody who does not hold the role trader")  # fmt: skip
    return principal
