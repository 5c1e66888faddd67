"""A validation error of pydantic as a sentence for the person who wrote the file."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_SENTENCES = {
    "missing": "is missing",
    "int_parsing": "must be a whole number, not {input}",
    "int_type": "must be a whole number",
    "float_parsing": "must be a number, not {input}",
    "float_type": "must be a number",
    "bool_parsing": "must be true or false, not {input}",
    "bool_type": "must be true or false",
    "string_type": "must be a text",
    "string_too_short": "must not be empty",
    "string_too_long": "must not be longer than {max_length} characters",
    "string_pattern_mismatch": "is {input}, which does not have the form {pattern}",
    "tuple_type": "must be a list",
    "mapping_type": "must be a mapping",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
    "too_short": "must not be empty",
    "greater_than_equal": "must be {ge} or more, not {input}",
    "less_than_equal": "must be {le} or less, not {input}",
    "time_parsing": "must be an hour such as '21:00', not {input}",
    "time_type": "must be an hour such as '21:00'",
    "extra_forbidden": "is not a known key",
    "value_error": "{error}",
}


def sentence(error: "ErrorDetails") -> str:
    """Return what is wrong in plain words; pydantic's own message where there is no better one."""
    template = _SENTENCES.get(error["type"])
    if template is None:
        return error["msg"]
    values = {**error.get("ctx", {}), "input": repr(error["input"])[:80]}
    return template.format_map(values)
