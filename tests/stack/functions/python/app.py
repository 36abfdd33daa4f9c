"""The function of functions/rust/main.rs once more, on AWS's own runtime for Python."""

import json
import os
import threading
import time


class AskedToFail(Exception):
    pass


def handler(envelope, _context):
    params = envelope.get("params", {})
    print("asked for", params.get("behaviour"), flush=True)
    if "mark" in params:
        with open(params["mark"], "a", encoding="utf-8") as file:
            file.write(envelope["masheryMessageId"] + "\n")
    return BEHAVIOURS[params.get("behaviour", "allow")](envelope, params)


def modify(envelope, _params):
    return {
        "modify": {
            "dropHeaders": ["X-Drop-Me"],
            "addHeaders": {"x-function": "python", "x-point": envelope["point"]},
            "json": {"changed_by": "python"},
            "completeWithCode": 203,
        }
    }


def terminate(_envelope, _params):
    return {
        "terminate": {
            "code": 451,
            "message": "not today, says python",
            "addHeaders": {"x-function": "python"},
        }
    }


def fail(_envelope, _params):
    raise AskedToFail("asked to fail")


def slow(_envelope, params):
    time.sleep(params["milliseconds"] / 1000)
    return {}


BEHAVIOURS = {
    "allow": lambda envelope, params: {},
    "modify": modify,
    "echo": lambda envelope, params: {
        "modify": {"addHeaders": {"x-envelope": json.dumps(envelope)}}
    },
    "terminate": terminate,
    "misspelt": lambda envelope, params: {"Terminate": {"code": 403}},
    "null": lambda envelope, params: None,
    "error": fail,
    "slow": slow,
    "hang": lambda envelope, params: threading.Event().wait(),
    # Python has no panic; what nobody catches is what it has.
    "panic": lambda envelope, params: envelope["no such member"],
    "exit": lambda envelope, params: os._exit(3),
}
