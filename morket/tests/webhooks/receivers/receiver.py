"""A receiver that verifies with `standardwebhooks` of PyPI.

Prints its address, then reads secrets, one a line, and answers "learnt" to each. For each request it
prints "verified ID" (both kinds of signature are right), "standard ID" (the library's alone is) or
"refused ID".
"""

import hashlib
import hmac
import http.server
import sys
import threading
from base64 import b64decode

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

state = {}
one_at_a_time = threading.Lock()


def say(line):
    with one_at_a_time:
        print(line, flush=True)


def plain_is_right(secret, headers, body):
    key = b64decode(secret.removeprefix("whsec_"))
    signed = headers["X-Webhook-Timestamp"].encode() + b"." + body
    expected = "sha256=" + hmac.new(key, signed, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, headers["X-Webhook-Signature"])


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        secret, status = state["secret"], 204
        try:
            told = Webhook(secret).verify(body, headers)
            assert told["id"] == headers["webhook-id"]
            right = plain_is_right(secret, self.headers, body)
            line = f"{'verified' if right else 'standard'} {told['id']}"
        except WebhookVerificationError:
            line, status = f"refused {headers['webhook-id']}", 401
        say(line)
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
say("%s:%d" % server.server_address)
for text in sys.stdin:
    state["secret"] = text.strip()
    say("learnt")
