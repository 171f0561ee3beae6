"""What can go wrong with calendar feeds."""

from taskbell.errors import InvalidError, NotFoundError


class FeedNotFoundError(NotFoundError):
    code = "feed_not_found"
    title = "There is no such calendar feed"


class TooManyFeedsError(InvalidError):
    code = "too_many_feeds"
    title = "There can be at most 20 calendar feeds: revoke one first"
