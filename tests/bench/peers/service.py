"""Times the operations of the REST service at an address, and prints a row of a table for each.

usage: service.py ADDRESS [ROUNDS]

It creates organizations named `bench-…`, and deletes what it created.
"""

import json
import statistics
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

PASSWORD = "Bench-2026-x"


def ask(address, method, path, query=None, body=None, token=None):
    url = f"{address.rstrip('/')}{path}"
    if query:
        url += "?" + urllib.parse.urlencode(query)
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url, data=data, headers=headers, method=method)
    start = time.perf_counter()
    with urllib.request.urlopen(request, timeout=60) as answer:
        text = answer.read()
    return time.perf_counter() - start, json.loads(text or b"null")


def token_in(answer):
    for key in ("access_token", "token"):
        if isinstance(answer, dict) and key in answer:
            return answer[key]
    raise SystemExit(f"a sign-in answers without a token: {sorted(answer)}")


def main():
    address = sys.argv[1]
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    times = {}

    def timed(what, *arguments, **named):
        took, answer = ask(address, *arguments, **named)
        times.setdefault(what, []).append(took)
        return answer

    for _ in range(rounds):
        name = f"bench-{uuid.uuid4().hex[:12]}"
        email = f"{name}@bench.example"
        new = {"organization_name": name, "email": email, "password": PASSWORD}
        timed("create, with the hashing", "POST", "/org/create", body=new)
        signed_in = timed("sign in", "POST", "/admin/login", body={"email": email, "password": PASSWORD})
        token = token_in(signed_in)
        timed("get by name", "GET", "/org/get", query={"organization_name": name}, token=token)
        timed("list", "GET", "/org/list", token=token)
        query = {"organization_name": name}
        timed("statistics", "GET", "/org/collection/stats", query=query, token=token)
        timed("delete", "DELETE", "/org/delete", query=query, token=token)

    print("| operation | median | n |")
    print("| --- | ---: | ---: |")
    for what, taken in times.items():
        print(f"| {what} | {statistics.median(taken) * 1000:.1f} ms | {len(taken)} |")


try:
    main()
except urllib.error.HTTPError as error:
    raise SystemExit(f"the service refuses {error.url}: {error.code} {error.read().decode(errors='replace')[:300]}")
