"""What can go wrong with accounts."""

from taskbell.errors import ConflictError, InvalidError, NotFoundError, UnauthorizedError


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


class ExpiredTokenError(UnauthorizedError):
    code = "token_expired"
    title = "The access token has expired"


class InvalidRefreshTokenError(UnauthorizedError):
    code = "invalid_refresh_token"
    title = "The refresh token is not valid: sign in again"


class UserNotFoundError(NotFoundError):
    code = "user_not_found"
    title = "There is no such user"


class WeakPasswordError(InvalidError):
    code = "weak_password"
    title = "Choose another password"
