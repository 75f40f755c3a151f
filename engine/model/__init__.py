"""Pure value types shared by the whole desk: numbers, time, identity, orders, events."""
