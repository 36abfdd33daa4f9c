import json
import unittest

from redact import UNREADABLE, handler


def ask(**response):
    envelope = {"params": {"members": "password, cardNumber"}, "response": response}
    return handler(envelope, None)


def ask_text(text):
    return ask(payloadLength=len(text), payload=text, payloadBase64Encoded=False)


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
        for text in ['{"password":', "NaN", "[" * 100_000 + "]" * 100_000]:
            self.assertEqual(ask_text(text), UNREADABLE)
        compressed = ask(payloadLength=2, payload="H4s=", payloadBase64Encoded=True)
        self.assertEqual(compressed, UNREADABLE)
        self.assertEqual(ask(payloadLength=70000), UNREADABLE)
        self.assertEqual(ask(), UNREADABLE)


if __name__ == "__main__":
    unittest.main()
