"""What is limited besides signing in, and whose uses are counted together.

The limit of a policy is the setting `RATE_LIMIT_<NAME>`.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Policy:
    """Who is counted: an address, a user who is signed in, an account named, or all together."""

    name: str
    by: Literal["address", "user", "account", "everybody"] = "address"

    @property
    def is_own(self) -> bool:
        """Whether only the caller fills it: how full others make it is nobody's business."""
        return self.by in {"address", "user"}


Operation = tuple[Policy, ...]

SIGN_UP: Operation = (Policy("signup"), Policy("signup-global", "everybody"))
FORGOT_PASSWORD: Operation = (Policy("forgot-password"),)
RESET_MAIL: Operation = (Policy("forgot-password-account", "account"),)
"""Mails with links to a new password: too many are not sent, but nobody is refused for others."""

LINK: Operation = (Policy("link"),)
"""To use the link of a mail. Nobody guesses a token, but each guess costs us something."""

REMINDER_LINK: Operation = (Policy("reminder-link"),)
"""To look at a reminder by the link of its mail, and to use it."""

UNSUBSCRIBE: Operation = (Policy("unsubscribe"),)
"""By one click: the servers of large mail services come for all their users."""

REFRESH: Operation = (Policy("refresh"),)
VERIFY_RESEND: Operation = (Policy("verify-resend", "user"),)
EMAIL_CHANGE: Operation = (Policy("email-change", "user"),)
EMAIL_CHANGE_TARGET: Operation = (Policy("email-change-target", "account"),)
"""Mails that ask an address whether it is to be somebody's."""

PASSWORD_CHANGE: Operation = (Policy("password-change", "user"),)
DELETION: Operation = (Policy("deletion", "user"),)
"""To plan it; signing in takes it back, and both are told by mail."""

API_TOKEN: Operation = (Policy("api-token", "user"),)
EXPORT: Operation = (Policy("export", "user"),)
TEST_NOTIFICATION: Operation = (Policy("test-notification", "user"),)
"""Each is a real message: a person must not fill a mailbox that may be somebody else's."""
