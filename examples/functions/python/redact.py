"""Redaction of JSON members of a response.

`sidecar-param-members` lists names; wherever a member of the response is called so, at any depth, its
value becomes "[redacted]". A body that cannot be read (no JSON, compressed, too large to be sent) is
not passed on: what is in it is not known. Nor is any where no member is listed: that is a mistake in the
configuration, and all would go out as it is. A list that is a single number or boolean is no text, so it
lists none.
"""

import json
import math

REDACTED = "[redacted]"
UNREADABLE = {
    "terminate": {
        "code": 502,
        "message": "the response cannot be read, so it is not passed on",
    }
}


def handler(envelope, _context):
    listed = envelope.get("params", {}).get("members")
    if not isinstance(listed, str):
        return UNREADABLE
    names = {name.strip() for name in listed.split(",")} - {""}
    if not names:
        return UNREADABLE
    response = envelope.get("response", {})
    if response.get("payloadLength") == 0:
        return {}
    if "payload" not in response or response["payloadBase64Encoded"]:
        return UNREADABLE
    try:
        body = json.loads(response["payload"], parse_constant=refuse, parse_float=finite)
        redacted = redact(body, names)
    except (ValueError, RecursionError):  # too deep is unreadable too
        return UNREADABLE
    if redacted == body:
        return {}
    # As text, so that the response keeps its content type.
    return {"modify": {"payload": json.dumps(redacted)}}


def redact(value, names):
    if isinstance(value, dict):
        return {
            name: REDACTED if name in names else redact(member, names)
            for name, member in value.items()
        }
    if isinstance(value, list):
        return [redact(item, names) for item in value]
    return value


def refuse(constant):
    """Python reads NaN and Infinity, which are not JSON."""
    raise ValueError(constant)


def finite(number):
    """Python reads 1e400 as infinity, and would write it as what is not JSON."""
    value = float(number)
    return value if math.isfinite(value) else refuse(number)
