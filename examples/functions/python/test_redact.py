import json
import unittest

from redact import UNREADABLE, handler


LISTED = {"members": "password, cardNumber"}


def ask(params=LISTED, **response):
    return handler({"params": params, "response": response}, None)


def ask_text(text, params=LISTED):
    return ask(
        params, payloadLength=len(text), payload=text, payloadBase64Encoded=False
    )


class Redact(unittest.TestCase):
    def test_members_are_redacted_at_any_depth(self):
        body = {
            "user": "ada",
            "password": "p",
            "cards": [{"cardNumber": {"a": 1}, "type": "x"}],
        }
        verdict = ask_text(json.dumps(body))
        self.assertEqual(
            json.loads(verdict["modify"]["payload"]),
            {
                "user": "ada",
                "password": "[redacted]",
                "cards": [{"cardNumber": "[redacted]", "type": "x"}],
            },
        )

    def test_without_such_members_the_response_stays_as_it_is(self):
        self.assertEqual(ask(payloadLength=0), {})
        for text in ["null", "[]", '{"Password": "password"}']:
            self.assertEqual(ask_text(text), {})

    def test_what_cannot_be_read_is_not_passed_on(self):
        for text in [
            '{"password":',
            "NaN",
            '{"password": 1, "n": 1e400}',
            '{"n": -1e400}',
            "[" * 100_000 + "]" * 100_000,
        ]:
            self.assertEqual(ask_text(text), UNREADABLE)
        compressed = ask(payloadLength=2, payload="H4s=", payloadBase64Encoded=True)
        self.assertEqual(compressed, UNREADABLE)
        self.assertEqual(ask(payloadLength=70000), UNREADABLE)
        for code in [206, 226]:
            partial = {"payloadLength": 4, "payload": "4111", "payloadBase64Encoded": False}
            self.assertEqual(ask(code=code, **partial), UNREADABLE)
        for text in ['{"a":{"password":"p"},"a":1}', '{"a":{"password":"p"},"\\u0061":{}}']:
            self.assertEqual(ask_text(text), UNREADABLE)
        self.assertEqual(ask(), UNREADABLE)

    def test_where_no_member_is_listed_nothing_is_passed_on(self):
        misspelt = {"member": "password"}
        empty = [{"members": text} for text in ["", " , "]]
        no_text = [{"members": value} for value in [7, 1.5, True]]
        for params in [{}, misspelt, *empty, *no_text]:
            self.assertEqual(ask_text("{}", params), UNREADABLE, params)
            self.assertEqual(ask(params, payloadLength=0), UNREADABLE, params)
        self.assertEqual(handler({"response": {"payloadLength": 0}}, None), UNREADABLE)


if __name__ == "__main__":
    unittest.main()
