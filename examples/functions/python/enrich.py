"""Header enrichment: what the gateway knows of the caller, for a backend that trusts the gateway.

The token's user and scope, the application's attribute `tier` and each `sidecar-param-header-NAME`
become headers. The access token itself stays here, and so do headers of these names that the client
sent.
"""

PREFIX = "header-"


def handler(envelope, _context):
    token = envelope.get("token", {})
    known = {
        "x-user": token.get("userContext"),
        "x-scope": token.get("scope"),
        "x-tier": envelope.get("eavs", {}).get("tier"),
    }
    headers = {name: value for name, value in known.items() if value is not None}
    for param, value in envelope.get("params", {}).items():
        if param.startswith(PREFIX):
            headers[param.removeprefix(PREFIX)] = value
    return {"modify": {"dropHeaders": ["authorization", *known], "addHeaders": headers}}
