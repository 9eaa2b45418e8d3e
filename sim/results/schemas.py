"""The columns of every Parquet file of a run: order, types, keys and labels.

Engines and recorder speak integer codes; the writer turns them into what is stored. Rows are unique by their
key columns and sorted by them in the order in which they stand here, null first.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sim import labels
from sim.results.scope import Scope

if TYPE_CHECKING:
    import pyarrow as pa

Kind = Literal["day", "province", "label", "text", "integer", "real"]


@dataclass(frozen=True)
class Column:
    """A column of a table.

    ``kind`` says what the writer is handed and what it stores: ``day`` a day number, stored as date32;
    ``province`` a position among the scenario's provinces, stored as two-digit code; ``label`` a position in
    ``labels``, stored as string; ``text`` strings; ``integer`` and ``real`` themselves. ``labels`` is a
    tuple or the name of the attribute of the scope that holds it. A nullable column holds null where a code
    is -1 or a text is None.
    """

    name: str
    kind: Kind
    arrow: str
    key: bool = True
    nullable: bool = False
    labels: tuple[str, ...] | str | None = None

    def names(self, scope: Scope) -> tuple[str, ...]:
        """Give the labels of a ``label`` column, in code order."""
        assert self.labels is not None
        if isinstance(self.labels, str):
            found: tuple[str, ...] = getattr(scope, self.labels)
            return found
        return self.labels


@dataclass(frozen=True)
class TableSchema:
    """A table: its columns, and whether rows may repeat (only events have no unique key)."""

    name: str
    columns: tuple[Column, ...]
    unique: bool = True

    @property
    def keys(self) -> tuple[Column, ...]:
        """The columns by which rows are unique and sorted."""
        return tuple(column for column in self.columns if column.key)

    @property
    def measures(self) -> tuple[Column, ...]:
        """The columns that are counted or measured."""
        return tuple(column for column in self.columns if not column.key)

    @property
    def file(self) -> str:
        """The table's file name in a run's folder."""
        return f"{self.name}.parquet"

    def arrow_schema(self, metadata: dict[str, str] | None = None) -> "pa.Schema":
        """Give the Arrow schema that is stored, with this metadata."""
        import pyarrow as pa

        fields = [
            pa.field(column.name, pa.type_for_alias(column.arrow), nullable=column.nullable) for column in self.columns
        ]
        return pa.schema(fields, metadata=metadata)


def _day(name: str = "day") -> Column:
    return Column(name, "day", "date32")


def _province(nullable: bool = False) -> Column:
    return Column("province", "province", "int16", nullable=nullable)


def _label(name: str, names: tuple[str, ...] | str) -> Column:
    return Column(name, "label", "string", labels=names)


def _measure(name: str) -> Column:
    return Column(name, "integer", "int64", key=False)


def _optional_text(name: str) -> Column:
    return Column(name, "text", "string", key=False, nullable=True)


def _tables() -> dict[str, TableSchema]:
    fraud_type = _label("fraud_type", "fraud_types")
    channel = _label("channel", labels.CONTACT_CHANNELS)
    tier = _label("tier", labels.TIERS)
    quantity = Column("quantity", "text", "string")
    tables = [
        TableSchema(
            "attempts",
            (
                _day(),
                _province(),
                _label("channel", labels.CHANNELS),
                fraud_type,
                _label("fate", labels.FATES),
                _measure("count"),
            ),
        ),
        TableSchema(
            "alerts",
            (
                _day(),
                _province(),
                _label("source", labels.SOURCES),
                tier,
                _label("truth", labels.TRUTHS),
                _label("end", labels.ENDS),
                _measure("count"),
            ),
        ),
        TableSchema(
            "contacts",
            (
                _day(),
                _province(),
                tier,
                channel,
                _label("result", labels.CONTACT_RESULTS),
                _measure("count"),
                _measure("staff_ms"),
            ),
        ),
        TableSchema(
            "waits",
            (
                _day("month"),
                _province(),
                tier,
                channel,
                Column("bin", "integer", "int64"),
                _measure("count"),
            ),
        ),
        TableSchema(
            "hours",
            (
                _day("month"),
                _province(),
                channel,
                Column("weekday", "integer", "int8"),
                Column("half_hour", "integer", "int8"),
                _measure("busy_ms"),
                _measure("staffed_ms"),
            ),
        ),
        TableSchema(
            "outcomes",
            (
                _day(),
                _province(),
                fraud_type,
                _label("age_band", "age_bands"),
                _label("sex", labels.SEXES),
                *(_measure(name) for name in labels.OUTCOMES),
            ),
        ),
        TableSchema(
            "cases",
            (
                _day("month"),
                _province(),
                fraud_type,
                Column("delay_bin", "integer", "int64", nullable=True),
                Column("loss_bin", "integer", "int64"),
                _measure("count"),
            ),
        ),
        TableSchema("flows", (_day(), _province(nullable=True), quantity, _measure("count"))),
        TableSchema(
            "state",
            (_day(), _province(nullable=True), quantity, Column("value", "real", "double", key=False)),
        ),
        TableSchema(
            "events",
            (
                Column("moment", "integer", "int64"),
                Column("phase", "integer", "int8"),
                _label("event", labels.EVENTS),
                _province(),
                Column("origin", "integer", "int64"),
                Column("detector", "integer", "int8", nullable=True),
                Column("stage", "integer", "int8", nullable=True),
                Column("number", "integer", "int32", nullable=True),
                _optional_text("channel"),
                _optional_text("tier"),
                _optional_text("result"),
                Column("person", "integer", "int64", key=False, nullable=True),
                Column("value", "integer", "int64", key=False, nullable=True),
            ),
            unique=False,
        ),
    ]
    return {table.name: table for table in tables}


TABLES = _tables()
"""Every table by name, in the order of the contract."""

EVENT_ORDER = ("moment", "phase", "origin", "stage", "detector", "event", "number")
"""How events are sorted: in time, phase and identity, then stage, detector, kind and number."""
