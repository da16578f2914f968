"""Serves the actions of a Python client over standard input and output, one JSON object a line.

A request is {"action": name, "args": [...]}; its answer is {"result": value} or {"error": text}. Bytes travel as base64.
"""

import base64
import json
import sys


def to_text(value):
    return None if value is None else base64.b64encode(value).decode()


def to_bytes(text):
    return None if text is None else base64.b64decode(text)


def seen(partition, offset, key, value, headers):
    """A record as the other side reads it."""
    return {
        "partition": partition,
        "offset": offset,
        "key": to_text(key),
        "value": to_text(value),
        "headers": [[name, to_text(content)] for name, content in headers or []],
    }


def to_write(record):
    """Key, value and headers of a record that is to be produced."""
    headers = [(name, to_bytes(content)) for name, content in record["headers"]]
    return to_bytes(record["key"]), to_bytes(record["value"]), headers


def serve(actions):
    """Answers requests until the input ends. `actions` is an object whose methods are the actions."""
    out = sys.stdout
    sys.stdout = sys.stderr  # a library that prints must not break the protocol
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"result": getattr(actions, request["action"])(*request["args"])}
        except Exception as error:  # whatever a client raises is the answer
            answer = {"error": f"{type(error).__name__}: {error}"}
        out.write(json.dumps(answer) + "\n")
        out.flush()
