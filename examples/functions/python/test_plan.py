import unittest

from plan import handler


class Plan(unittest.TestCase):
    def test_what_the_request_half_looks_up_the_response_half_tells_the_client(self):
        answer = handler({"point": "PreProcessor", "eavs": {"tier": "gold"}}, None)
        self.assertEqual(answer, {"relay": {"plan": {"name": "Business", "quota": 10000}}})
        headers = {"x-plan": "Business", "x-quota": 10000}
        self.assertEqual(
            handler({"point": "PostProcessor", "relay": answer["relay"]}, None),
            {"modify": {"addHeaders": headers}},
        )

    def test_a_tier_without_a_plan_is_forbidden(self):
        no = {"terminate": {"code": 403, "message": "no plan"}}
        for eavs in ({}, {"eavs": {"tier": "none"}}):
            self.assertEqual(handler({"point": "PreProcessor", **eavs}, None), no)

    def test_without_anything_relayed_the_response_stays_as_it_is(self):
        self.assertEqual(handler({"point": "PostProcessor"}, None), {})


if __name__ == "__main__":
    unittest.main()
