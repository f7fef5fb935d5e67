"""Signs a call of Pontus and sends it: python3 sign.py [--headers] METHOD URL [BODY]"""

import hashlib
import hmac
import os
import secrets
import sys
import time
import urllib.error
import urllib.request
from urllib.parse import urlsplit


def strong_sum(key, method, path, nonce, code, exec_time, body):
    """The strong form: covers method, path with query, and body."""
    digest = hashlib.sha256(body).hexdigest()
    lines = "\n".join([method, path, nonce, code, exec_time, digest])
    return hmac.new(key.encode(), lines.encode(), hashlib.sha256).hexdigest()


def short_sum(key, nonce, code, exec_time):
    """The short form: covers neither method, path nor body."""
    return hashlib.sha1((key + nonce + code + exec_time).encode()).hexdigest()


def signature_headers(method, url, body):
    """The five headers of a call."""
    env = os.environ
    key, code = env["API_PRIVATE_KEY"], env["API_CLIENT_CODE"]
    # 128 random bits: never used twice.
    nonce = env.get("API_NONCE") or str(secrets.randbits(128))
    exec_time = env.get("API_EXEC_TIME") or str(int(time.time()))
    parts = urlsplit(url)
    path = parts.path + ("?" + parts.query if parts.query else "")
    if env.get("API_FORM") == "sha1":
        check_sum = short_sum(key, nonce, code, exec_time)
    else:
        check_sum = strong_sum(key, method, path, nonce, code, exec_time, body)
    return {
        "apiPublicKey": env["API_PUBLIC_KEY"],
        "apiClientCode": code,
        "apiNonce": nonce,
        "apiExecTime": exec_time,
        "apiCheckSum": check_sum,
    }


def main(args):
    shown = args[:1] == ["--headers"]
    method, url, *rest = args[1:] if shown else args
    body = rest[0].encode() if rest else b""
    headers = signature_headers(method, url, body)
    if shown:
        print("\n".join(f"{name}: {value}" for name, value in headers.items()))
        return 0
    if body:
        headers["Content-Type"] = "application/json"
    request = urllib.request.Request(url, data=body or None, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            print(response.read().decode())
            return 0
    except urllib.error.HTTPError as error:
        print(error.read().decode())
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
