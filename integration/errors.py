"""What can go wrong, as types that flows tell apart. A class's docstring is its default message."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


class SegueError(Exception):
    """Something went wrong inside Segue."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").strip().splitlines()[0])


@dataclass(frozen=True, slots=True)
class Fault:
    """What an error reply of HubSpot said, as far as it said anything.

    Every field of HubSpot's error body is optional, so every field here has a default.
    `status` is 0 where no reply came at all. `retry_after` is in seconds.
    """

    status: int = 0
    message: str = ""
    category: str = ""
    sub_category: str = ""
    correlation_id: str = ""
    retry_after: float | None = None
    policy: str = ""  # of a 429: TEN_SECONDLY_ROLLING, SECONDLY or DAILY
    missing_scopes: tuple[str, ...] = ()
    existing_id: int | None = None  # of a 409: the record that already has this identity
    details: tuple[str, ...] = ()  # the messages of the nested errors


class HubSpotError(SegueError):
    """HubSpot refused the call."""

    retryable: ClassVar[bool] = False

    def __init__(self, fault: Fault | None = None) -> None:
        self.fault = fault or Fault()
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        words = self.fault.message or (type(self).__doc__ or "").strip().splitlines()[0]
        marks = [f"HTTP {self.status}"] if self.status else []
        marks += [self.category] if self.category else []
        marks += [f"correlation {self.correlation_id}"] if self.correlation_id else []
        return f"{words} ({', '.join(marks)})" if marks else words

    @property
    def status(self) -> int:
        """The HTTP status; 0 where no reply came."""
        return self.fault.status

    @property
    def message(self) -> str:
        """HubSpot's own words, or the default ones."""
        return self.fault.message or (type(self).__doc__ or "").strip().splitlines()[0]

    @property
    def category(self) -> str:
        """HubSpot's category, such as VALIDATION_ERROR; empty where it gave none."""
        return self.fault.category

    @property
    def correlation_id(self) -> str:
        """What HubSpot's support asks for; empty where there is none."""
        return self.fault.correlation_id

    @property
    def retry_after(self) -> float | None:
        """The seconds HubSpot asked to wait, where it asked."""
        return self.fault.retry_after

    @property
    def missing_scopes(self) -> tuple[str, ...]:
        """The scopes that HubSpot says the call needs, where it says so."""
        return self.fault.missing_scopes


class RateLimited(HubSpotError):
    """HubSpot's rate limit was reached."""

    retryable = True

    @property
    def policy(self) -> str:
        """TEN_SECONDLY_ROLLING, SECONDLY or DAILY; empty where HubSpot didn't say."""
        return self.fault.policy


class DailyLimitReached(RateLimited):
    """The portal's daily limit of calls was reached."""


class Unauthorized(HubSpotError):
    """HubSpot refused the access token, also after it was renewed."""

    retryable = True


class Forbidden(HubSpotError):
    """HubSpot forbids this call in this portal."""


class MissingScopes(Forbidden):
    """The install lacks a scope that this call needs."""


class NotFound(HubSpotError):
    """HubSpot knows no such thing."""


class Conflict(HubSpotError):
    """What should be created exists already."""

    @property
    def existing_id(self) -> int | None:
        """The id of the record that exists already, where HubSpot named it."""
        return self.fault.existing_id


class Invalid(HubSpotError):
    """HubSpot found a fault in what was sent."""


class TooLong(HubSpotError):
    """The address of the call is longer than HubSpot takes."""


class WrongDataCentre(HubSpotError):
    """The portal lives in another HubSpot data centre than the one that was called."""


class Unavailable(HubSpotError):
    """HubSpot couldn't be reached or couldn't answer.

    `outcome_unknown` is true where the request may have been applied although no good answer
    came: look before doing again what must happen once.
    """

    retryable = True

    def __init__(self, fault: Fault | None = None, *, outcome_unknown: bool = False) -> None:
        super().__init__(fault)
        self.outcome_unknown = outcome_unknown


class GrantRefused(HubSpotError):
    """HubSpot refused to hand out a token."""

    @property
    def revoked(self) -> bool:
        """Is the install gone, so that only a re-install helps?"""
        return self.category in {"BAD_REFRESH_TOKEN", "BAD_HUB"}

    @property
    def misconfigured(self) -> bool:
        """Is it Segue's own app settings that HubSpot refuses, for every portal alike?"""
        return self.category in {
            "BAD_CLIENT_ID",
            "BAD_CLIENT_SECRET",
            "BAD_REDIRECT_URI",
            "BAD_SCOPES",
        }


class BudgetSpent(SegueError):
    """The portal's calls for this moment are spent."""

    def __init__(self, retry_at: datetime) -> None:
        super().__init__()
        self.retry_at = retry_at


class TokenBusy(SegueError):
    """Another worker is renewing the portal's token."""

    def __init__(self, retry_at: datetime) -> None:
        super().__init__()
        self.retry_at = retry_at


class PortalDisconnected(SegueError):
    """The portal is disconnected: its work waits until the app is installed again."""
