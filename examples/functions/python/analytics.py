"""Analytics, in event mode: a line of JSON for each call.

The line goes to the end of the file that ANALYTICS_FILE names, else to standard output, where AWS
Lambda takes it into the function's log. Members that the sidecar did not send are left out. The call
does not wait, and the verdict is not looked at.
"""

import json
import os


def handler(envelope, _context):
    # In one piece, so that lines of several processes do not mix.
    text = json.dumps(line(envelope)) + "\n"
    path = os.environ.get("ANALYTICS_FILE")
    if path is None:
        print(text, end="", flush=True)
    else:
        with open(path, "a", encoding="utf-8") as file:
            file.write(text)
    return {}


def line(envelope):
    operation = envelope.get("operation", {})
    response = envelope.get("response", {})
    members = {
        "id": envelope["masheryMessageId"],
        "service": envelope.get("serviceId"),
        "endpoint": envelope.get("endpointId"),
        "method": operation.get("httpVerb"),
        "path": operation.get("path"),
        "status": response.get("code"),
        "bytes": response.get("payloadLength"),
        "tier": envelope.get("eavs", {}).get("tier"),
    }
    return {name: value for name, value in members.items() if value is not None}
