"""What can go wrong with webhooks."""

from taskbell.errors import ConflictError, InvalidError, NotFoundError, PreconditionFailedError


class WebhookNotFoundError(NotFoundError):
    code = "webhook_not_found"
    title = "There is no such webhook"


class WebhookDeliveryNotFoundError(NotFoundError):
    code = "webhook_delivery_not_found"
    title = "There is no such delivery of this webhook"


class WebhookChangedError(PreconditionFailedError):
    title = "The webhook was changed in the meantime"


class TooManyWebhooksError(InvalidError):
    code = "too_many_webhooks"
    title = "There can be at most 10 webhooks: delete one first"


class WebhookUrlError(InvalidError):
    code = "webhook_url"
    title = "Webhooks cannot be sent to this address"


class WebhookOffError(ConflictError):
    code = "webhook_off"
    title = "The webhook is switched off: switch it on first"


class NothingToReplayError(ConflictError):
    code = "nothing_to_replay"
    title = "This message was no longer wanted and never sent"
