"""Redaction of JSON members of a response.

`sidecar-param-members` lists names; wherever a member of the response is called so, at any depth, its
value becomes "[redacted]". A body that cannot be read (no JSON, compressed, too large to be sent) is
not passed on: what is in it is not known.
"""

import json

REDACTED = "[redacted]"
UNREADABLE = {
    "terminate": {
        "code": 502,
        "message": "the response cannot be read, so it is not passed on",
    }
}


def handler(envelope, _context):
    listed = envelope.get("params", {}).get("members", "")
    names = {name.strip() for name in str(listed).split(",")} - {""}
    response = envelope.get("response", {})
    if response.get("payloadLength") == 0:
        return {}
    if "payload" not in response or response["payloadBase64Encoded"]:
        return UNREADABLE
    try:
        body = json.loads(response["payload"], parse_constant=refuse)
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
