"""Plan: looks up the caller's plan once, at the request, and tells the client of it at the response.

One function for both halves. The request half relays what it found, and the response half needs no
second lookup. A tier without a plan is answered 403.
"""

# Yours would be in a database.
PLANS = {
    "free": {"name": "Starter", "quota": 100},
    "gold": {"name": "Business", "quota": 10000},
}


def handler(envelope, _context):
    if envelope["point"] == "PreProcessor":
        plan = PLANS.get(envelope.get("eavs", {}).get("tier"))
        if plan is None:
            return {"terminate": {"code": 403, "message": "no plan"}}
        return {"relay": {"plan": plan}}
    plan = envelope.get("relay", {}).get("plan")
    if plan is None:
        return {}
    return {"modify": {"addHeaders": {"x-plan": plan["name"], "x-quota": plan["quota"]}}}
