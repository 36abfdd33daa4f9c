import unittest

from enrich import handler

DROPPED = ["authorization", "x-user", "x-scope", "x-tier"]


class Enrich(unittest.TestCase):
    def test_what_is_known_of_the_caller_becomes_headers(self):
        envelope = {
            "token": {"userContext": "ada", "scope": "orders"},
            "eavs": {"tier": "gold"},
            "params": {"header-x-region": "eu", "header-x-quota": 100, "other": "no header"},
        }
        headers = {
            "x-user": "ada",
            "x-scope": "orders",
            "x-tier": "gold",
            "x-region": "eu",
            "x-quota": 100,
        }
        self.assertEqual(
            handler(envelope, None),
            {"modify": {"dropHeaders": DROPPED, "addHeaders": headers}},
        )

    def test_what_is_not_known_is_not_taken_from_the_client_either(self):
        self.assertEqual(
            handler({}, None), {"modify": {"dropHeaders": DROPPED, "addHeaders": {}}}
        )


if __name__ == "__main__":
    unittest.main()
