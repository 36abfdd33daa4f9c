import json
import os
import tempfile
import unittest
from unittest import mock

from analytics import handler, line

ENVELOPE = {
    "masheryMessageId": "an-id",
    "serviceId": "s",
    "endpointId": "e",
    "operation": {"httpVerb": "get", "path": "/orders", "uri": "/orders"},
    "response": {"code": 200, "payloadLength": 2},
    "eavs": {"tier": "gold"},
}
LINE = {
    "id": "an-id",
    "service": "s",
    "endpoint": "e",
    "method": "get",
    "path": "/orders",
    "status": 200,
    "bytes": 2,
    "tier": "gold",
}


class Analytics(unittest.TestCase):
    def test_a_line_says_what_is_known_of_the_call(self):
        self.assertEqual(line(ENVELOPE), LINE)

    def test_what_is_not_known_is_left_out(self):
        self.assertEqual(line({"masheryMessageId": "an-id"}), {"id": "an-id"})

    def test_lines_go_to_the_end_of_the_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "calls")
            with mock.patch.dict(os.environ, ANALYTICS_FILE=path):
                self.assertEqual(handler(ENVELOPE, None), {})
                self.assertEqual(handler(ENVELOPE, None), {})
            with open(path, encoding="utf-8") as file:
                self.assertEqual([json.loads(text) for text in file], [LINE, LINE])


if __name__ == "__main__":
    unittest.main()
