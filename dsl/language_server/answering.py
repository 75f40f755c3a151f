"""The protocol of the library, with an answer for requests that cannot be read: an editor waits for one."""

from dataclasses import dataclass
from typing import Any

from pygls.exceptions import JsonRpcException
from pygls.protocol import LanguageServerProtocol


@dataclass(frozen=True, slots=True)
class _Unreadable:
    """A request whose parameters are none of its method."""

    id: str | int
    wrong: JsonRpcException


class AnsweringProtocol(LanguageServerProtocol):
    """Refuses a request of the wrong shape by its id, where the library only reports that something came."""

    def structure_message(self, data: dict[str, Any]) -> Any:
        """Return a message as its type, or what is wrong with a request."""
        try:
            return super().structure_message(data)
        except JsonRpcException as wrong:
            if "method" in data and isinstance(data.get("id"), str | int):
                return _Unreadable(data["id"], wrong)
            raise

    def handle_message(self, message: Any) -> None:
        """Answer, or refuse, one message."""
        if isinstance(message, _Unreadable):
            self._send_response(message.id, error=message.wrong.to_response_error())
        else:
            super().handle_message(message)
