"""What can go wrong with accounts."""

from taskbell.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    UnauthorizedError,
    UnavailableError,
)


class EmailTakenError(ConflictError):
    code = "email_taken"
    title = "There is an account with this e-mail address already"


class WrongCredentialsError(UnauthorizedError):
    """The same for an unknown address and a wrong password."""

    code = "wrong_credentials"
    title = "E-mail address or password is wrong"


class InvalidTokenError(UnauthorizedError):
    code = "invalid_token"
    title = "The access token is not valid"


class SessionEndedError(InvalidTokenError):
    """Signed out, revoked or expired; or the account was disabled or deleted."""

    def __init__(self) -> None:
        super().__init__("This session has ended: sign in again")


class ExpiredTokenError(UnauthorizedError):
    code = "token_expired"
    title = "The access token has expired"


class InvalidRefreshTokenError(UnauthorizedError):
    code = "invalid_refresh_token"
    title = "The refresh token is not valid: sign in again"


class NotPermittedError(ForbiddenError):
    title = "Your role does not allow that"


class InsufficientScopeError(ForbiddenError):
    code = "insufficient_scope"
    title = "This API token does not have the scope for that"

    def __init__(self, scope: str = "") -> None:
        super().__init__(f"This API token does not have the scope {scope}")
        # RFC 6750 §3.1
        challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
        self.headers["WWW-Authenticate"] = challenge


class SessionRequiredError(ForbiddenError):
    code = "session_required"
    title = "API tokens cannot do that: sign in"


class WrongPasswordError(ForbiddenError):
    """The password that was asked for again."""

    code = "wrong_password"
    title = "The current password is wrong"

    def __init__(self) -> None:
        message = "is wrong"
        super().__init__(
            errors=[{"field": "body.current_password", "message": message, "type": self.code}]
        )


class ReauthenticationRequiredError(ForbiddenError):
    code = "reauthentication_required"
    title = "Give your password again first: POST /auth/reauthenticate"


class NoPasswordError(ConflictError):
    code = "no_password"
    title = "This account has no password: ask for one with “forgot password”"


class LinkExpiredError(InvalidError):
    """Unknown, used, or too old: nobody is told which."""

    code = "link_expired"
    title = "This link has expired or was used already"

    def __init__(self, *, field: str = "body.token") -> None:
        super().__init__(field=field)


class EmailVerifiedError(ConflictError):
    code = "email_already_verified"
    title = "Your e-mail address is confirmed already"


class LastAdminError(ConflictError):
    code = "last_admin"
    title = "This is the last administrator: appoint another one first"


class SessionNotFoundError(NotFoundError):
    code = "session_not_found"
    title = "There is no such session"


class TokenNotFoundError(NotFoundError):
    code = "token_not_found"
    title = "There is no such API token"


class ScopeNotAllowedError(ForbiddenError):
    code = "scope_not_allowed"
    title = "Only administrators can give a token the scope admin"


class TooManyTokensError(ConflictError):
    code = "too_many_tokens"
    title = "An account has at most 50 API tokens: revoke one first"


class UserNotFoundError(NotFoundError):
    code = "user_not_found"
    title = "There is no such user"


class TooManyPasswordsError(UnavailableError):
    code = "busy"
    title = "Too many people are signing in at this moment"


class WeakPasswordError(InvalidError):
    code = "weak_password"
    title = "Choose another password"
