"""Why migrate ends without having done its work; each carries its exit code."""


class MigrateError(Exception):
    """The migration failed, or the check found differences."""

    exit_code = 1


class UnknownRevisionError(MigrateError):
    """The database is at a revision this build does not have: it belongs to a newer build."""

    exit_code = 2


class UnreachableError(MigrateError):
    """The database does not answer, or does not let us in."""

    exit_code = 3


class LockedError(MigrateError):
    """Another migration, or somebody's transaction, held its lock for too long."""

    exit_code = 4
