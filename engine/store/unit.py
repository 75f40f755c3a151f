"""The unit of work: one transaction, one repository per noun."""

from collections.abc import Callable

from sqlalchemy import Connection

from engine.store.audit import Audit
from engine.store.books import Books
from engine.store.broker_orders import BrokerOrders
from engine.store.decisions import Decisions
from engine.store.documents import Documents
from engine.store.events import Events
from engine.store.holds import Holds
from engine.store.inbox import Inbox
from engine.store.intents import Intents
from engine.store.orders import Fills, Orders
from engine.store.outbox import Outbox
from engine.store.reservations import Reservations
from engine.store.runs import Runs


class UnitOfWork:
    """Everything one transaction can see and do; usable until its `with` block ends."""

    def __init__(self, connection: Connection, wall: Callable[[], int], draw: Callable[[], str]) -> None:
        self.runs = Runs(connection)
        self.documents = Documents(connection)
        self.events = Events(connection)
        self.intents = Intents(connection)
        self.decisions = Decisions(connection)
        self.books = Books(connection)
        self.reservations = Reservations(connection)
        self.holds = Holds(connection)
        self.outbox = Outbox(connection, draw)
        self.broker_orders = BrokerOrders(connection)
        self.inbox = Inbox(connection)
        self.orders = Orders(connection)
        self.fills = Fills(connection)
        self.audit = Audit(connection, wall)
