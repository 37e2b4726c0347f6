"""Every failure raised on purpose; a door turns one into a sentence, an exit code or a status. `some` cuts its lists.

GisError
├── DefinitionError     a layer contradicts itself
├── UnknownName         a layer, field, town or database that does not exist
├── Refused             a request that must not be carried out as it stands
│   ├── CrsError        a coordinate system that is missing, contradicted or too distorted
│   ├── DeliveryError   a file that cannot be read or judged
│   └── SchemaError     a database whose tables differ from the layers
├── ServerError         PostgreSQL or PostGIS is missing, unreachable or not permitted
└── LawError            a rule file that cannot be used
"""

from collections.abc import Sequence


class GisError(Exception):
    """A failure whose message is a whole sentence for the person who asked."""


class DefinitionError(GisError):
    """A layer definition contradicts itself."""


class UnknownName(GisError):
    """Something was asked for by a name that does not exist."""


class Refused(GisError):
    """A request was understood and must not be carried out."""


class CrsError(Refused):
    """A coordinate system is missing, contradicted, or distorts more than 1:2000."""


class DeliveryError(Refused):
    """A delivered file cannot be read or judged."""


class SchemaError(Refused):
    """The tables of a database differ from the layers."""


class ServerError(GisError):
    """PostgreSQL or PostGIS is missing, unreachable or not permitted."""


class LawError(GisError):
    """A rule file is not usable."""


def some(names: Sequence[str], most: int) -> str:
    """Give the first of some names, and a sign where there are more than so many."""
    return "、".join(names[:most]) + (" ……" if len(names) > most else "")
