"""CloudEvents and plain HTTP: request to event, return value to answer."""
import os
from json import dumps, loads

from kl_logs import FUNCTION, TENANT, timestamp

JSON = "application/json"
STRUCTURED = "application/cloudevents+json"
RESERVED = {"specversion", "id", "source", "type", "data", "data_base64"}


class Refused(Exception):
    """A request that is not what it says: status 400."""


def _decode(value):
    if "%" not in value:
        return value
    from urllib.parse import unquote

    return unquote(value)


def _is_json(kind):
    return kind == JSON or kind.endswith("+json")


def _data(body, kind):
    kind = kind.split(";")[0].strip().lower()
    if not body:
        return None
    if kind and not _is_json(kind):
        if not kind.startswith("text/"):
            return body
        return body.decode("utf-8", "replace")
    try:
        return loads(body)
    except ValueError as error:
        if not kind:
            return body
        raise Refused("The body is not JSON: %s." % error) from None


def read(headers, query, body):
    """(mode, attributes, data): mode is `binary`, `structured` or None for plain HTTP."""
    kind = headers.get("content-type", "")
    plain = kind.split(";")[0].strip().lower()
    if plain == STRUCTURED:
        try:
            event = loads(body)
        except ValueError as error:
            raise Refused("The body is not JSON: %s." % error) from None
        if not isinstance(event, dict):
            raise Refused("A CloudEvent is a JSON object.")
        data = event.pop("data", None)
        if "data_base64" in event:
            from base64 import b64decode

            try:
                data = b64decode(event.pop("data_base64"), validate=True)
            except (ValueError, TypeError):
                raise Refused("data_base64 is not base64.") from None
        return "structured", _checked(event), data
    if plain == "application/cloudevents-batch+json":
        raise Refused("A batch of events cannot be handled: send one event per request.")
    if "ce-specversion" in headers:
        event = {name[3:]: _decode(value) for name, value in headers.items() if name.startswith("ce-")}
        if kind:
            event["datacontenttype"] = kind
        return "binary", _checked(event), _data(body, kind)
    if not body and query:
        from urllib.parse import parse_qsl

        return None, {}, dict(parse_qsl(query, keep_blank_values=True))
    return None, {}, {} if not body else _data(body, kind)


def _checked(event):
    missing = [name for name in ("specversion", "id", "source", "type") if not event.get(name)]
    if missing:
        raise Refused("The CloudEvent has no %s." % " and no ".join(missing))
    if event["specversion"] != "1.0":
        raise Refused("Only CloudEvents 1.0 are understood.")
    return event


def encode(value):
    """(content type, bytes) of a return value; raises TypeError or ValueError when it has no JSON."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "application/octet-stream", bytes(value)
    return JSON, dumps(value, allow_nan=False, separators=(",", ":")).encode()


def answer(mode, call, kind, content_type, data):
    """(headers, body) of an answer of that type: `success` or `error`."""
    if mode is None:
        return {"content-type": content_type}, data
    attributes = {
        "specversion": "1.0",
        "id": os.urandom(16).hex(),
        "source": "io.knative.lambda/function/%s/%s" % (TENANT, FUNCTION),
        "type": "io.knative.lambda.response." + kind,
        "subject": "%s/%s" % (TENANT, FUNCTION),
        "time": timestamp(),
        "correlationid": call.correlation_id,
        "causationid": call.event_id,
    }
    incoming = call.attributes
    if incoming.get("traceparent"):
        attributes["traceparent"] = incoming["traceparent"]
    try:
        attributes["hops"] = int(incoming.get("hops", 0)) + 1
    except (TypeError, ValueError):
        attributes["hops"] = 1
    if mode == "binary":
        headers = {"ce-" + name: str(value) for name, value in attributes.items()}
        headers["content-type"] = content_type
        return headers, data
    attributes["datacontenttype"] = content_type
    if content_type == JSON:
        # The data is JSON already.
        head = dumps(attributes, separators=(",", ":"))[:-1].encode()
        return {"content-type": STRUCTURED}, head + b',"data":' + data + b"}"
    from base64 import b64encode

    attributes["data_base64"] = b64encode(data).decode()
    return {"content-type": STRUCTURED}, dumps(attributes).encode()
