import unittest

from authorize import handler


def ask(tier, method):
    envelope = {"params": {"methods-free": "get", "methods-gold": "get, post"}}
    if tier:
        envelope["eavs"] = {"tier": tier}
    if method:
        envelope["operation"] = {"httpVerb": method}
    return handler(envelope, None)


class Authorize(unittest.TestCase):
    def test_a_tier_may_use_the_methods_listed_for_it(self):
        for tier, method in [("free", "get"), ("gold", "get"), ("gold", "post")]:
            self.assertEqual(ask(tier, method), {})

    def test_everything_else_is_forbidden(self):
        for tier, method, message in [
            ("free", "post", "POST is not for tier free"),
            ("gold", "po", "PO is not for tier gold"),
            ("silver", "get", "GET is not for tier silver"),
            (None, "get", "GET is not for tier none"),
            ("gold", None, "UNKNOWN is not for tier gold"),
        ]:
            self.assertEqual(
                ask(tier, method), {"terminate": {"code": 403, "message": message}}
            )


if __name__ == "__main__":
    unittest.main()
