"""DynamoDB: the base of every table's model, and transactions whose failures have names."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

import botocore.session
from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.attributes import NumberAttribute
from pynamodb.connection import Connection
from pynamodb.exceptions import (
    AttributeDeserializationError,
    DoesNotExist,
    PynamoDBException,
    TransactGetError,
    TransactWriteError,
)
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model
from pynamodb.transactions import TransactGet, TransactWrite

from chalicelib.errors import Conflict, Problem, Unavailable

if TYPE_CHECKING:
    from pynamodb.connection.table import TableConnection

    from chalicelib.settings import Settings

# At DEBUG these write whole items and request bodies, which hold what must never reach a log.
for _talkative in ("pynamodb", "botocore", "urllib3"):
    logging.getLogger(_talkative).setLevel(logging.WARNING)

SCHEMA_VERSION = 1
"""Written on every item, so that a later release knows what it reads."""

UNREADABLE = (AttributeDeserializationError, ValueError)
"""What pynamodb raises for a row of another type or kind than its table's, or with a value of no sense."""

_Row = TypeVar("_Row", bound="Table")
_binding = threading.RLock()


class SharedConnection(Connection):
    """One DynamoDB client for all tables: pynamodb would open one, and a session, for each."""

    def __init__(self, session: Callable[[], botocore.session.Session], region: str) -> None:
        super().__init__(
            region=region, connect_timeout_seconds=2, read_timeout_seconds=5, max_retry_attempts=2
        )
        self._session = session

    @property
    def session(self) -> botocore.session.Session:
        return self._session()


class Damaged(Problem):
    """A row holds what its table cannot hold: somebody wrote past us, or a disk did."""

    slug = "row-damaged"
    status = 500
    title = "A record is damaged"


class Table(Model):
    """The base of every table. `name` is the table's name without the deployment's prefix."""

    name: ClassVar[str]
    _shared: ClassVar[SharedConnection | None] = None
    _deployment: ClassVar[Settings | None] = None

    class Meta:
        table_name = "unbound"

    schema_version = NumberAttribute(default=SCHEMA_VERSION)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        # A room is imported with its first request, so its tables join a deployment that is there already.
        super().__init_subclass__(**kwargs)
        with _binding:
            if Table._deployment is not None:
                cls._bind(Table._deployment)

    @classmethod
    def _bind(cls, settings: Settings) -> None:
        cls.Meta = type(  # type: ignore[misc,assignment]
            "Meta", (cls.Meta,), {"table_name": settings.prefix + cls.name, "region": settings.region}
        )
        cls._connection = None
        for part in cls.__subclasses__():  # rows of another form in the same table
            part._bind(settings)

    @classmethod
    def _get_connection(cls) -> TableConnection:
        fresh = cls._connection is None
        table = super()._get_connection()
        if fresh and Table._shared is not None:
            meta = table.get_meta_table()
            if meta.table_name not in Table._shared._tables:
                Table._shared.add_meta_table(meta)
            table.connection = Table._shared
        return table

    @classmethod
    def find(
        cls: type[_Row], hash_key: Any, range_key: Any = None, *, consistent: bool = True
    ) -> _Row | None:
        """The row, or None. Strongly consistent unless said otherwise.

        Raises:
            Unavailable: DynamoDB did not answer.
            Damaged: the row cannot be read.
        """
        try:
            return cls.get(hash_key, range_key, consistent_read=consistent)
        except cls.DoesNotExist:
            return None
        except UNREADABLE as error:
            raise Damaged from error
        except PynamoDBException as error:
            raise Unavailable from error

    @classmethod
    def find_many(cls: type[_Row], hash_keys: Collection[str]) -> list[_Row]:
        """The rows of these keys that exist, strongly consistent, in one call (at most 100).

        Raises:
            Unavailable: DynamoDB did not answer.
        """
        return listed(cls.batch_get(list(hash_keys), consistent_read=True))


def listed(found: Iterable[_Row]) -> list[_Row]:
    """What a query or scan finds.

    Raises:
        Unavailable: DynamoDB did not answer.
        Damaged: one of them cannot be read.
    """
    try:
        return list(found)
    except PynamoDBException as error:
        raise Unavailable from error
    except UNREADABLE as error:
        raise Damaged from error


def page_of(
    source: Any, hash_key: str, *, limit: int, start: dict[str, Any] | None
) -> tuple[list[Any], dict[str, Any] | None]:
    """One page of a table or an index, and after what the next begins; None for a row that cannot be read.

    Raises:
        Unavailable: DynamoDB did not answer.
    """
    is_table = isinstance(source, type)
    table: type[Table] = source if is_table else source._model
    index = None if is_table else source.Meta.index_name
    try:
        found = table._get_connection().query(
            hash_key, index_name=index, limit=limit, exclusive_start_key=start
        )
    except PynamoDBException as error:
        raise Unavailable from error
    return [_readable(table, item) for item in found["Items"]], found.get("LastEvaluatedKey")


def _readable(table: type[Table], item: dict[str, Any]) -> Table | None:
    try:
        return table.from_raw_data(item)
    except UNREADABLE:
        return None


def bind_tables(settings: Settings, session: Callable[[], botocore.session.Session]) -> None:
    """Point every model, and those still to be imported, at this deployment's tables, over one client."""
    with _binding:
        Table._shared = SharedConnection(session, settings.region)
        Table._deployment = settings
        for table in Table.__subclasses__():
            table._bind(settings)


def find_together(keys: Sequence[tuple[type[Table], str]]) -> list[Any]:
    """The rows of these keys, of any tables, as they are at one moment, in one call; None for what is not.

    Raises:
        Conflict: somebody is writing one of them.
        Unavailable: DynamoDB did not answer.
        Damaged: a row cannot be read.
    """
    try:
        with TransactGet(connection=connection()) as read:
            found = [read.get(table, key) for table, key in keys]
        return [_row_of(each) for each in found]
    except TransactGetError as error:
        if "TransactionConflict" in str(error):
            raise Conflict(retry_after=1) from error
        raise Unavailable from error
    except AttributeDeserializationError as error:
        raise Damaged from error


def _row_of(future: Any) -> Any:
    try:
        return future.get()
    except DoesNotExist:
        return None


def connection() -> SharedConnection:
    """The client that all tables share (tests count and break its calls)."""
    if Table._shared is None:
        raise Unavailable
    return Table._shared


class ConditionFailed(Conflict):
    """A transaction wrote nothing, because the named conditions did not hold."""

    def __init__(self, labels: frozenset[str]) -> None:
        super().__init__()
        self.labels = labels


class Transaction:
    """All or nothing. Each operation has a label, by which a failed condition is recognised.

    DynamoDB retries of one call are safe: botocore sends a client request token. A *contended*
    transaction wrote nothing and is tried again a few times.
    """

    def __init__(self) -> None:
        self._checks: list[tuple[str, type[Table], Any, Any, Condition]] = []
        self._puts: list[tuple[str, Table, Condition | None]] = []
        self._updates: list[tuple[str, Table, Sequence[Action], Condition | None]] = []

    def check(
        self, label: str, table: type[Table], hash_key: Any, condition: Condition, range_key: Any = None
    ) -> None:
        """Require something of a row that is not written."""
        self._checks.append((label, table, hash_key, range_key, condition))

    def put_new(self, label: str, row: Table) -> None:
        """Write a row that must not exist."""
        self._puts.append((label, row, _absent(type(row))))

    def update(
        self, label: str, row: Table, actions: Sequence[Action], condition: Condition | None = None
    ) -> None:
        """Change a row."""
        self._updates.append((label, row, actions, condition))

    def commit_or_conflict(self) -> None:
        """Write, where a condition that does not hold says no more than that somebody else was faster.

        Raises:
            Conflict: as `commit`, or a condition did not hold; nothing was written.
            Unavailable: as `commit`.
        """
        try:
            self.commit()
        except ConditionFailed as failed:
            raise Conflict(retry_after=1) from failed

    def commit(self, attempts: int = 4) -> None:
        """Write.

        Raises:
            ConditionFailed: naming the conditions that did not hold; nothing was written.
            Conflict: other writers held the rows in every attempt; nothing was written.
            Unavailable: DynamoDB failed; whether it wrote is unknown, and the caller may ask again.
        """
        for attempt in range(1, attempts + 1):
            try:
                self._write()
                return
            except TransactWriteError as error:
                codes = [reason.code if reason else None for reason in error.cancellation_reasons]
                if "ConditionalCheckFailed" in codes:
                    labels = [op[0] for op in self._checks]
                    labels += [op[0] for op in self._puts]
                    labels += [op[0] for op in self._updates]
                    failed = (n for n, code in enumerate(codes) if code == "ConditionalCheckFailed")
                    raise ConditionFailed(frozenset(labels[n] for n in failed)) from error
                busy = "TransactionConflict" in codes or _code(error) in {
                    "TransactionConflictException",
                    "TransactionInProgressException",
                }
                if not busy:
                    raise Unavailable from error
                if attempt == attempts:
                    raise Conflict(retry_after=1) from error
                time.sleep(0.03 * attempt)
            except (BotoCoreError, ClientError) as error:
                raise Unavailable from error

    def _write(self) -> None:
        with TransactWrite(connection=connection()) as write:
            # pynamodb sends checks, then puts, then updates, and reasons come back in that order.
            for _, table, hash_key, range_key, condition in self._checks:
                write.condition_check(table, hash_key, range_key, condition)
            for _, row, absent in self._puts:
                write.save(row, absent)
            for _, row, actions, required in self._updates:
                write.update(row, list(actions), required)


def _absent(table: type[Table]) -> Condition:
    return cast(Condition, table._hash_key_attribute().does_not_exist())


def change(row: Table, actions: Sequence[Action], condition: Condition | None = None) -> bool:
    """Change one row under a condition; False when the condition does not hold.

    Raises:
        Unavailable: DynamoDB failed; whether it wrote is unknown.
    """
    try:
        row.update(list(actions), condition)
    except PynamoDBException as error:
        if _code(error) == "ConditionalCheckFailedException":
            return False
        raise Unavailable from error
    return True


def _code(error: PynamoDBException) -> str | None:
    """What DynamoDB answered; None if no answer came.

    pynamodb's own `cause_response_code` fails then: botocore's timeouts have a `response`, which is None.
    """
    response = getattr(error.cause, "response", None) or {}
    code: str | None = response.get("Error", {}).get("Code")
    return code
