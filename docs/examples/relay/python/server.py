"""An example of an endpoint for giftbridge's relay. It needs Python's standard library alone.

RELAY_SECRETS=whsec_… PORT=8080 python3 server.py
"""

import base64
import hashlib
import hmac
import os
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def verify(headers, body: bytes, secrets) -> bool:
    """Report whether a request was signed with one of the secrets, no more than five minutes ago."""
    event = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not event or not re.fullmatch(r"[0-9]{1,15}", timestamp) or abs(time.time() - int(timestamp)) > 300:
        return False
    for secret in secrets:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        if len(key) < 24:
            continue  # An empty key would accept what anyone signs.
        mac = hmac.new(key, f"{event}.{timestamp}.".encode("latin-1") + body, hashlib.sha256).digest()
        want = b"v1," + base64.b64encode(mac)
        for got in headers.get("webhook-signature", "").split(" "):
            if hmac.compare_digest(got.encode("latin-1"), want):
                return True
    return False


SECRETS = os.environ.get("RELAY_SECRETS", "").split(",")
SEEN = set()  # Yours is a table with a unique key, written in one transaction with the event.
LOCK = threading.Lock()


class Endpoint(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if not verify(self.headers, body, SECRETS):
            return self.answer(401)
        event = self.headers["webhook-id"]
        with LOCK:
            double = event in SEEN
            SEEN.add(event)
        if double:
            return self.answer(200)  # It was taken before: say yes, and do nothing.
        # Store the body with giftbridge-topic here, and work on it later.
        return self.answer(204)

    def answer(self, status):
        self.send_response(status)
        if status != 204:
            self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Endpoint).serve_forever()
