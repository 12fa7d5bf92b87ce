"""Reads comparisons: the `where` of events and the operators of contact properties.

where: {PROPERTY: VALUE}                 # a bare value means `is`
where: {PROPERTY: {OPERATOR: OPERAND}}   # several operators must all hold
"""

from typing import Final

from mappings.catalogue import NUMBER_TYPES, OPEN_TYPE, TEXT_TYPES
from mappings.rules.document import Entry, Listing, Scalar, Table
from mappings.rules.faults import nearest
from mappings.rules.nodes import Comparison, Where
from mappings.rules.reader import Reader
from mappings.rules.spelling import names_setting
from mappings.rules.values import read_number

EQUALITY: Final = ("is", "is_not", "in", "not_in")
ORDER: Final = ("at_least", "at_most", "more_than", "less_than")
TEXTUAL: Final = ("contains", "starts_with", "matches")
WHERE_OPERATORS: Final = (*EQUALITY, *TEXTUAL, *ORDER, "known")


def read_where(reader: Reader, entry: Entry, kinds: tuple[str, ...]) -> tuple[Where, ...]:
    """Read a `where` over these kinds; what is wrong with it is noted and left out."""
    table = reader.any_table(entry, "where")
    if table is None:
        return ()
    read = []
    for name, below in table.items.items():
        types = property_types(reader, table, name, kinds)
        found = _comparisons(reader, below, types) if types else ()
        if found:
            read.append(Where(name, found))
    return tuple(read)


def property_types(
    reader: Reader, table: Table, name: str, kinds: tuple[str, ...]
) -> frozenset[str]:
    """Give the types a property has among the kinds; a property of none of them is a fault.

    `table` is where the fault is noted: at the key `name`, or else at the mapping itself.
    """
    if not kinds:
        return frozenset()
    catalogue = reader.catalogue
    types = {catalogue.type_of(kind, name) for kind in kinds} - {None}
    if not types:
        known = {
            word
            for kind in kinds
            if kind in catalogue.kinds
            for word in catalogue.kinds[kind].properties
        }
        message = f'{" and ".join(kinds)}: unknown property "{name}"{nearest(name, known)}'
        if name in table.lines:
            reader.key_fault(table, name, message)
        else:
            reader.fault(table, message)
    return frozenset(kind_type for kind_type in types if kind_type)


def _comparisons(reader: Reader, entry: Entry, types: frozenset[str]) -> tuple[Comparison, ...]:
    if isinstance(entry, Listing):
        reader.fault(entry, "a list of values is written as {in: [...]}")
        return ()
    if isinstance(entry, Scalar) or names_setting(entry):
        operand = _operand(reader, entry, "is", types)
        return (Comparison("is", (operand,)),) if operand is not None else ()
    if not entry.items:
        reader.fault(entry, "expected a value or operators")
    found = [read_comparison(reader, entry, operator, types) for operator in entry.items]
    return tuple(comparison for comparison in found if comparison is not None)


def read_comparison(
    reader: Reader, table: Table, operator: str, types: frozenset[str]
) -> Comparison | None:
    """Read one operator of a mapping with its operand; the types say what may be compared."""
    below = table.items[operator]
    if operator not in WHERE_OPERATORS:
        hint = nearest(operator, WHERE_OPERATORS)
        reader.key_fault(table, operator, f'unknown operator "{operator}"{hint}')
        return None
    if not _suits(operator, types):
        asked = "text" if operator in TEXTUAL else "a number"
        word = table.path.rpartition(".")[2]
        reader.key_fault(table, operator, f'"{operator}" needs {asked}, and "{word}" is not')
        return None
    if operator == "known":
        flag = reader.flag(below)
        return None if flag is None else Comparison("known", (str(flag).lower(),))
    if operator in {"in", "not_in"}:
        return _several(reader, below, operator, types)
    if operator == "matches":
        patterns = reader.settled(below, ("text", "list"))
        if patterns is None or isinstance(patterns, Listing):
            return _several(reader, patterns, operator, types) if patterns else None
        below = patterns
    value = _operand(reader, below, operator, types)
    return None if value is None else Comparison(operator, (value,))


def _several(
    reader: Reader, entry: Entry, operator: str, types: frozenset[str]
) -> Comparison | None:
    items = reader.items(entry, operator) or []
    values = [_operand(reader, item, operator, types) for item in items]
    whole = tuple(value for value in values if value is not None)
    return Comparison(operator, whole) if items and len(whole) == len(items) else None


def _suits(operator: str, types: frozenset[str]) -> bool:
    if OPEN_TYPE in types:
        return True
    if operator in TEXTUAL:
        return bool(types & TEXT_TYPES)
    return operator not in ORDER or bool(types & NUMBER_TYPES)


def _operand(reader: Reader, entry: Entry, operator: str, types: frozenset[str]) -> str | None:
    if isinstance(entry, Scalar) and entry.is_null and operator not in ORDER:
        reader.fault(entry, "no value is written as {known: false}")
        return None
    of_numbers = bool(types) and types <= NUMBER_TYPES
    kinds = ("number",) if operator in ORDER or of_numbers else ("text", "number")
    found = reader.scalar(entry, "a number" if operator in ORDER else "a value", kinds)
    if found is None or (operator in ORDER and reader.number(found) is None):
        return None
    text = reader.text(found, "a value")
    if text is not None and of_numbers and read_number(text) is None:
        reader.fault(entry, f'"{text}" is not a number')
        return None
    return text
