"""Authorization by EAV and method.

The application's attribute `tier` decides which methods it may use: `sidecar-param-methods-TIER`
lists them. Whoever has no tier, or one that is not listed, may use none.
"""


def handler(envelope, _context):
    tier = envelope.get("eavs", {}).get("tier", "none")
    # Without `expand-input: operation` the method is not known, so none is allowed.
    method = envelope.get("operation", {}).get("httpVerb", "unknown")
    allowed = envelope.get("params", {}).get(f"methods-{tier}", "")
    if method in [name.strip() for name in str(allowed).split(",")]:
        return {}
    message = f"{method.upper()} is not for tier {tier}"
    return {"terminate": {"code": 403, "message": message}}
