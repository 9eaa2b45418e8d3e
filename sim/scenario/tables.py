"""Tables of the schema as pydantic types: a list of rows, or the name of a CSV file next to the scenario."""

from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from sim.scenario.errors import found
from sim.scenario.scalars import refuse

Row = TypeVar("Row")


@dataclass(frozen=True)
class TableMarker:
    """Marks fields of the schema in which a text ending in .csv names a file of rows."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return a schema that first refuses everything except lists."""
        return core_schema.no_info_before_validator_function(_rows, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Return a schema that takes a list of rows, or a file's name."""
        file = {"type": "string", "description": "the name of a CSV file next to the scenario", "pattern": r"\.csv$"}
        return {"anyOf": [file, handler(schema)]}


def _rows(value: object) -> tuple[object, ...]:
    if not isinstance(value, list | tuple):
        raise refuse(
            f"{found(value)} is not a table", "must be a list of rows or the name of a CSV file next to the scenario"
        )
    return tuple(value)


Table = Annotated[tuple[Row, ...], TableMarker()]


def _not_read(value: object) -> None:
    raise refuse(f"{found(value)} is not a table of draws", "must be the name of a CSV file, given in a scenario file")


CsvFile = Annotated[
    None,
    BeforeValidator(_not_read),
    WithJsonSchema(
        {"type": "string", "description": "the name of a CSV file next to the scenario", "pattern": r"\.csv$"}
    ),
]
"""The name of a CSV file that loading uses and removes; one that remains is a mistake."""
