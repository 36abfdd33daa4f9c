"""Runs software that stands in for AWS, as long as its standard input stays open.

    stand_in.py ministack SIDECAR_FUNCTION PYTHON_FUNCTION
    stand_in.py moto

When the stand-in is ready and set up, one line of JSON on standard output says what is there. From
then on each line on standard input, {"service": .., "call": .., "arguments": {..}}, is a call that
an administrator makes through boto3, answered by one line; with "elsewhere": {"account": .., "region": ..}
it is one in another account of MiniStack's. The end of standard input ends it all:
whoever started this may die as it likes, nothing stays behind.
"""

import io
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.request
import zipfile

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

REGION = "us-east-1"
READY_WITHIN = 60  # seconds
EXTERNAL_ID = "the-right-external-id"

# Without these two lines each call to a function stalls 40 ms (Nagle's algorithm).
MINISTACK = """
import socketserver, sys
socketserver.StreamRequestHandler.disable_nagle_algorithm = True
from ministack.app import main
sys.exit(main())
"""

MOTO = """
import os
from moto.server import main
main(["-H", "127.0.0.1", "-p", os.environ["GATEWAY_PORT"]])
"""


def main():
    kind, *functions = sys.argv[1:]
    os.setsid()  # one process group with all it starts, so that one signal ends them
    scratch = tempfile.mkdtemp(prefix="stand-in-", dir=os.environ.get("STAND_IN_DIRECTORY"))
    try:
        next_request = requests(scratch)
        stand_in = {"ministack": Ministack, "moto": Moto}[kind](scratch)
        print(json.dumps(stand_in.set_up(*functions)), flush=True)
        while True:
            print(json.dumps(answer(stand_in, next_request())), flush=True)
    except Exception:
        traceback.print_exc()
    finally:
        end(scratch)


def requests(scratch):
    """A function that waits for the next line of the input, the end of which is noticed at any time."""
    lines, arrived = [], threading.Condition()

    def read():
        for line in sys.stdin:
            with arrived:
                lines.append(line)
                arrived.notify()
        end(scratch)

    def next_line():
        with arrived:
            arrived.wait_for(lambda: lines)
            return json.loads(lines.pop(0), object_hook=with_code)

    threading.Thread(target=read, daemon=True).start()
    return next_line


def end(scratch):
    shutil.rmtree(scratch, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def answer(stand_in, request):
    try:
        client = stand_in.client(request["service"], **request.get("elsewhere", {}))
        call = getattr(client, request["call"])
        result = call(**request["arguments"])
        return {"result": json.loads(json.dumps(result, default=str))}
    except Exception as error:  # told to the test that asked
        return {"error": repr(error)}


class StandIn:
    def start(self, program, environment, health):
        """Starts the server on a free port; another one where somebody was faster."""
        for _ in range(3):
            self.port = free_port()
            self.endpoint = f"http://127.0.0.1:{self.port}"
            process = subprocess.Popen(
                [sys.executable, "-c", program],
                env={**os.environ, **environment, "GATEWAY_PORT": str(self.port)},
                stdin=subprocess.DEVNULL,
                stdout=sys.stderr,
            )
            if answers(self.endpoint + health, process):
                return
        raise RuntimeError("the stand-in does not start; its own messages stand above")

    def client(self, service, account=None, region=REGION):
        """An administrator's. The number of an account is the key of that account's root to MiniStack."""
        which = (service, account, region)
        if which not in self.clients:
            self.clients[which] = boto3.client(
                service,
                region_name=region,
                endpoint_url=self.endpoint,
                aws_access_key_id=account or self.administrator[0],
                aws_secret_access_key=self.administrator[1],
                config=Config(retries={"total_max_attempts": 1}),
            )
        return self.clients[which]

    def caller(self, account, functions, parameters):
        """The user the process under test is, and the roles it may try to assume."""
        iam = self.client("iam")
        user = iam.create_user(UserName="gateway")["User"]["Arn"]
        key = iam.create_access_key(UserName="gateway")["AccessKey"]
        iam.put_user_policy(
            UserName="gateway",
            PolicyName="gateway",
            PolicyDocument=policy(
                allow("ssm:GetParameter", parameters),
                allow("sts:AssumeRole", f"arn:aws:iam::{account}:role/*"),
                allow("lambda:InvokeFunction", functions),
            ),
        )
        for name in ["sidecar", "rotated"]:
            iam.create_role(
                RoleName=name,
                AssumeRolePolicyDocument=trust(user, EXTERNAL_ID),
                MaxSessionDuration=43200,
            )
            iam.put_role_policy(
                RoleName=name,
                PolicyName="invoke",
                PolicyDocument=policy(allow("lambda:InvokeFunction", functions)),
            )
        for name, value in [
            ("right", EXTERNAL_ID),
            ("rotated", EXTERNAL_ID),
            ("wrong", "another-external-id"),
        ]:
            self.client("ssm").put_parameter(
                Name=f"/sidecar/{name}", Value=value, Type="SecureString"
            )
        return {
            "endpoint": self.endpoint,
            "region": REGION,
            "account": account,
            "user": user,
            "access_key_id": key["AccessKeyId"],
            "secret_access_key": key["SecretAccessKey"],
            "external_id": EXTERNAL_ID,
        }


class Ministack(StandIn):
    administrator = ("rootkey", "rootsecret")
    account = "111111111111"

    def __init__(self, scratch):
        self.clients = {}
        environment = {
            "BIND_HOST": "127.0.0.1",
            "AUTH": "true",
            "LAMBDA_EXECUTOR": "local",
            "AWS_ACCESS_KEY_ID": self.administrator[0],
            "AWS_SECRET_ACCESS_KEY": self.administrator[1],
            "MINISTACK_ACCOUNT_ID": self.account,
            "MINISTACK_REGION": REGION,
            "LOG_LEVEL": "ERROR",
            "TMPDIR": scratch,
        }
        self.start(MINISTACK, environment, "/_ministack/health")

    def set_up(self, rust, python):
        self.client("iam").create_role(
            RoleName="execution", AssumeRolePolicyDocument=trust("*", None)
        )
        native = package(bootstrap=f"#!/bin/sh\nexec {shlex.quote(rust)}\n")
        with open(python, encoding="utf-8") as file:
            app = file.read()
        runtime = f"#!/bin/sh\nexec {shlex.quote(sys.executable)} -m awslambdaric app.handler\n"
        self.function("sidecar-rust", native)
        self.function("sidecar-python", package(**{"bootstrap": runtime, "app.py": app}))
        self.function("sidecar-impatient", native, Timeout=1)
        self.function("sidecar-throttled", native)
        self.function("forbidden", native)
        self.client("lambda").put_function_concurrency(
            FunctionName="sidecar-throttled", ReservedConcurrentExecutions=0
        )
        return self.caller(
            self.account,
            functions=f"arn:aws:lambda:{REGION}:{self.account}:function:sidecar-*",
            parameters=f"arn:aws:ssm:{REGION}:{self.account}:parameter/sidecar/*",
        )

    def function(self, name, zip_file, **more):
        self.client("lambda").create_function(
            FunctionName=name,
            Runtime="provided.al2023",
            Handler="app.handler",
            Role=f"arn:aws:iam::{self.account}:role/execution",
            Code={"ZipFile": zip_file},
            **{"Timeout": 30, **more},
        )


class Moto(StandIn):
    def __init__(self, scratch):
        self.clients = {}
        self.administrator = ("before", "authorization")
        self.start(MOTO, {"TMPDIR": scratch}, "/moto-api/")

    def set_up(self):
        iam = self.client("iam")
        iam.create_user(UserName="administrator")
        iam.put_user_policy(
            UserName="administrator",
            PolicyName="everything",
            PolicyDocument=policy(allow("*", "*")),
        )
        key = iam.create_access_key(UserName="administrator")["AccessKey"]
        # It compares resources for a few services only; for others it asks for `*`.
        there = self.caller("123456789012", functions="*", parameters="*")
        self.administrator = (key["AccessKeyId"], key["SecretAccessKey"])
        self.clients = {}
        # From the next call on moto checks signatures, policies and external ids.
        request = urllib.request.Request(
            self.endpoint + "/moto-api/reset-auth", b"0", {"Content-Type": "text/plain"}
        )
        urllib.request.urlopen(request).close()
        return there


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def answers(url, process):
    until = time.monotonic() + READY_WITHIN
    while process.poll() is None and time.monotonic() < until:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return process.poll() is None
        except OSError:
            time.sleep(0.02)
    return False


def package(**files):
    """A zip of these files, executable all of them."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o755 << 16
            archive.writestr(entry, text)
    return packed.getvalue()


def with_code(value):
    """An argument that is a zip, which JSON cannot say, comes as {"zip": {NAME: TEXT}}."""
    return package(**value["zip"]) if value.keys() == {"zip"} else value


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def allow(action, resource):
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def trust(principal, external_id):
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": "sts:AssumeRole",
    }
    if external_id is not None:
        statement["Condition"] = {"StringEquals": {"sts:ExternalId": external_id}}
    return policy(statement)


if __name__ == "__main__":
    main()
