"""JSON log lines: one per line printed, one per call. Knows the call that a line belongs to."""
import os
import sys
import time
from _contextvars import ContextVar
from _thread import allocate_lock
from json import dumps

CALL = ContextVar("call", default=None)
FUNCTION = os.environ.get("KL_FUNCTION", "")
TENANT = os.environ.get("KL_TENANT", "")
LINE_BYTES = 64 * 1024

_lock = allocate_lock()


def timestamp(seconds=None):
    seconds = time.time() if seconds is None else seconds
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + ".%03dZ" % (seconds % 1 * 1000)


def emit(level, msg, call=None, **fields):
    line = {"level": level, "ts": timestamp(), "function": FUNCTION, "tenant": TENANT, "msg": msg}
    call = call or CALL.get()
    if call is not None:
        line["correlationid"] = call.correlation_id
        if call.event_id:
            line["eventid"] = call.event_id
        if call.invocation_id:
            line["invocationid"] = call.invocation_id
    line.update(fields)
    data = dumps(line, default=str).encode() + b"\n"
    with _lock:
        while data:
            data = data[os.write(1, data):]


class Logger:
    """`context.logger`: text with %-arguments, and fields by name."""

    def _log(self, level, msg, args, fields):
        emit(level, str(msg) % args if args else str(msg), **fields)

    def debug(self, msg, *args, **fields):
        self._log("debug", msg, args, fields)

    def info(self, msg, *args, **fields):
        self._log("info", msg, args, fields)

    def warning(self, msg, *args, **fields):
        self._log("warn", msg, args, fields)

    warn = warning

    def error(self, msg, *args, **fields):
        self._log("error", msg, args, fields)

    def exception(self, msg, *args, **fields):
        import traceback

        fields.setdefault("stack", traceback.format_exc())
        self._log("error", msg, args, fields)


class Stream:
    """Stands in for sys.stdout and sys.stderr: every line becomes a log line of its call."""

    encoding = "utf-8"
    errors = "replace"
    newlines = None
    closed = False

    def __init__(self, level, fd):
        self.level = level
        self._fd = fd
        self._open = {}
        self.buffer = self

    def write(self, text):
        data = text if isinstance(text, str) else bytes(text).decode("utf-8", "replace")
        call = CALL.get()
        rest = self._open.pop(call, "") + data
        *lines, rest = rest.split("\n")
        while len(rest) > LINE_BYTES:
            lines.append(rest[:LINE_BYTES])
            rest = rest[LINE_BYTES:]
        for line in lines:
            for start in range(0, len(line) or 1, LINE_BYTES):
                emit(self.level, line[start:start + LINE_BYTES], call)
        if rest:
            self._open[call] = rest
        return len(text)

    def finish(self, call):
        rest = self._open.pop(call, "")
        if rest:
            emit(self.level, rest, call)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def flush(self):
        pass

    def isatty(self):
        return False

    def writable(self):
        return True

    def readable(self):
        return False

    def fileno(self):
        return self._fd


def capture():
    sys.stdout = Stream("info", 1)
    sys.stderr = Stream("warn", 2)


def finish(call):
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, Stream):
            stream.finish(call)


def adopt_logging():
    """Once the function has imported `logging` and set nothing up: its records with their levels."""
    logging = sys.modules.get("logging")
    if logging is None or logging.root.handlers:
        return
    names = {"WARNING": "warn", "CRITICAL": "error", "NOTSET": "debug"}

    class Handler(logging.Handler):
        def emit(self, record):
            fields = {"logger": record.name}
            if record.exc_info:
                fields["stack"] = logging.Formatter().formatException(record.exc_info)
            level = names.get(record.levelname, record.levelname.lower())
            emit(level if level in ("debug", "info", "warn", "error") else "info", record.getMessage(), **fields)

    logging.root.addHandler(Handler())
    if logging.root.level == logging.WARNING:
        logging.root.setLevel(logging.INFO)
