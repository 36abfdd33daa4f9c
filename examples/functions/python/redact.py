"""Redaction of JSON members of a response.

`sidecar-param-members` lists names; wherever a member of the response is called so, at any depth, its
value becomes "[redacted]". A body that cannot be read (no JSON, compressed, too large to be sent, a part
of another one, two members of one name) is not passed on: what is in it is not known. Nor is any where no member is listed: that is a mistake in the
configuration, and all would go out as it is. A list that is a single number or boolean is no text, so it
lists none.
"""

import json
import math

REDACTED = "[redacted]"
# A part of a body, or its difference to another one: the rest of it goes out with other requests.
PARTIAL = {206, 226}
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
    if response.get("code") in PARTIAL:
        return UNREADABLE
    if "payload" not in response or response["payloadBase64Encoded"]:
        return UNREADABLE
    try:
        body = json.loads(
            response["payload"],
            parse_constant=refuse,
            parse_float=finite,
            object_pairs_hook=unique,
        )
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


def unique(members):
    """Python keeps the last of several members with one name. The others would not be read."""
    value = dict(members)
    return value if len(value) == len(members) else refuse("two members of one name")


def refuse(constant):
    """Python reads NaN and Infinity, which are not JSON."""
    raise ValueError(constant)


def finite(number):
    """Python reads 1e400 as infinity, and would write it as what is not JSON."""
    value = float(number)
    return value if math.isfinite(value) else refuse(number)
