"""What can go wrong with push subscriptions."""

from taskbell.errors import InvalidError, NotFoundError


class SubscriptionNotFoundError(NotFoundError):
    code = "push_subscription_not_found"
    title = "There is no such device"


class TooManySubscriptionsError(InvalidError):
    code = "too_many_push_subscriptions"
    title = "There can be at most 20 devices: remove one first"


class EndpointRefusedError(InvalidError):
    code = "push_endpoint_refused"
    title = "Push messages cannot be sent to this address"
