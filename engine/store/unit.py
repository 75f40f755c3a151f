"""The unit of work: one transaction, one repository per noun."""

from collections.abc import Callable

from sqlalchemy import Connection

from engine.store.audit import Audit
from engine.store.books import Books
from engine.store.broker_orders import BrokerOrders
from engine.store.decisions import Decisions
from engine.store.documents import Documents
from engine.store.holds import Holds
from engine.store.inbox import Inbox
from engine.store.intents import Intents
from engine.store.orders import Fills, Orders
from engine.store.outbox import Outbox
from engine.store.reservations import Reservations
from engine.store.reviews import Reviews
from engine.store.runs import Runs
from engine.store.scope import Scope


class UnitOfWork:
    """Everything one transaction can see and do; usable until its `with` block ends.

    Bound to a run, names are looked up within that run and no other run can be asked about. Unbound,
    a lookup by a name raises RunUnbound. `runs`, `documents`, `books`, `reviews` and `audit` are of no run.
    """

    def __init__(
        self, connection: Connection, wall: Callable[[], int], draw: Callable[[], str], run_key: str | None = None
    ) -> None:
        scope = Scope(run_key)
        self.runs = Runs(connection)
        self.documents = Documents(connection)
        self.intents = Intents(connection, scope)
        self.decisions = Decisions(connection, scope)
        self.books = Books(connection)
        self.reservations = Reservations(connection, scope)
        self.holds = Holds(connection, scope)
        self.outbox = Outbox(connection, scope, draw)
        self.broker_orders = BrokerOrders(connection, scope)
        self.inbox = Inbox(connection, scope)
        self.orders = Orders(connection, scope)
        self.fills = Fills(connection, scope)
        self.reviews = Reviews(connection)
        self.audit = Audit(connection, wall)
