"""Runs a function: loads its handler, listens on $PORT, answers events and plain HTTP."""
import os
import sys
import time

BEGAN = time.monotonic()

import _signal as signal  # noqa: E402
from _thread import allocate_lock, get_ident, start_new_thread  # noqa: E402
from collections import deque  # noqa: E402

import kl_events as events  # noqa: E402
import kl_http as http  # noqa: E402
import kl_logs as logs  # noqa: E402
from kl_metrics import Metrics  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)

DRAIN_SECONDS = 30
STUCK_CALLS = 8


def seconds(text):
    for unit, factor in (("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600)):
        if text.endswith(unit):
            return float(text[:-len(unit)]) * factor
    return float(text)


TIMEOUT = seconds(os.environ.get("KL_TIMEOUT") or "300s")


class Drain(BaseException):
    """SIGTERM."""


class Overdue(BaseException):
    """Raised in a handler whose call was answered for: nobody waits for it any more."""


class Call:
    """One execution; also the handler's second argument."""

    def __init__(self, connection, mode, attributes, method, path, query, headers):
        self._connection = connection
        self._mode = mode
        self._done = self._late = False
        self.attributes = attributes
        self.invocation_id = headers.get("x-invocation-id", "")
        self.event_id = attributes.get("id") or self.invocation_id
        self.correlation_id = (attributes.get("correlationid") or headers.get("x-correlation-id")
                               or self.event_id or os.urandom(16).hex())
        self.method, self.path, self.query, self.headers = method, path, query, headers
        self.function, self.tenant = logs.FUNCTION, logs.TENANT
        self.revision = os.environ.get("K_REVISION", "")
        self.logger = logs.Logger()
        self.thread = get_ident()
        self.began = time.monotonic()
        self.deadline = time.time() + TIMEOUT
        self.cold_start = False

    def remaining_ms(self):
        return max(0, int((self.deadline - time.time()) * 1000))


def load(handler):
    module, _, name = handler.rpartition(".")
    if not module:
        raise RuntimeError("The handler %r is not <module>.<function>." % handler)
    sys.path.insert(0, ROOT)
    packages = os.path.join(ROOT, ".packages")
    sys.path.append(packages)
    if os.path.isdir(packages) and any(name.endswith(".pth") for name in os.listdir(packages)):
        import site

        site.addsitedir(packages)
    from importlib import import_module

    function = getattr(import_module(module.replace("/", ".")), name, None)
    if not callable(function):
        raise RuntimeError("The module %s has no function %s." % (module, name))
    return function


def takes_context(function):
    code = getattr(function, "__code__", None)
    bound = getattr(function, "__self__", None) is not None
    if code is None:
        try:
            from inspect import signature

            parameters = signature(function).parameters.values()
        except (TypeError, ValueError):
            return False
        positional = [one for one in parameters if one.kind in (0, 1)]
        return len(positional) > 1 or any(one.kind == 2 for one in parameters)
    return code.co_argcount - bound > 1 or bool(code.co_flags & 4)


class Server:
    def __init__(self, function):
        self.function = function
        self.with_context = takes_context(function)
        self.metrics = Metrics(logs.FUNCTION, logs.TENANT, time.monotonic() - BEGAN)
        self.lock = allocate_lock()
        self.active = 0
        self.stuck = 0
        self.cold = True
        self.draining = False
        self.waiting = deque()
        self.loop = None
        start_new_thread(self.watch, ())

    def handle(self, connection):
        try:
            method, path, query, headers, body = connection.request()
        except http.Bad as error:
            status, message = error.args
            connection.keep = False
            connection.answered = False
            self.fail(connection, None, None, status, "BadRequest", message)
            return
        if method in ("GET", "HEAD") and path in ("/healthz", "/readyz", "/metrics"):
            self.probe(connection, path, method == "HEAD")
            return
        with self.lock:
            self.active += 1
        try:
            self.call(connection, method, path, query, headers, body)
        finally:
            with self.lock:
                self.active -= 1
        if self.draining:
            connection.keep = False

    def probe(self, connection, path, head_only):
        if path == "/metrics":
            connection.respond(200, {"content-type": "text/plain; version=0.0.4"}, self.metrics.text(), head_only)
            return
        fine = self.stuck < STUCK_CALLS and not (path == "/readyz" and self.draining)
        text = b"ok\n" if fine else b"not ok\n"
        connection.respond(200 if fine else 503, {"content-type": "text/plain"}, text, head_only)

    def call(self, connection, method, path, query, headers, body):
        try:
            mode, attributes, data = events.read(headers, query, body)
        except events.Refused as error:
            self.fail(connection, None, None, 400, "BadRequest", str(error))
            return
        call = Call(connection, mode, attributes, method, path, query, headers)
        with self.lock:
            call.cold_start, self.cold = self.cold, False
        token = logs.CALL.set(call)
        self.waiting.append(call)
        try:
            result = self.function(data, call) if self.with_context else self.function(data)
            if hasattr(result, "__await__"):
                result = self.run_async(result)
        except BaseException as error:  # also SystemExit: a handler must not end the process
            self.finish(call, error)
        else:
            self.finish(call, None, result)
        finally:
            logs.CALL.reset(token)

    def run_async(self, awaitable):
        import asyncio

        with self.lock:
            if self.loop is None:
                self.loop = asyncio.new_event_loop()
                start_new_thread(self.loop.run_forever, ())

        async def run():
            return await awaitable

        future = asyncio.run_coroutine_threadsafe(run(), self.loop)
        try:
            return future.result(TIMEOUT)
        except BaseException:
            future.cancel()
            raise

    def finish(self, call, error, result=None):
        with self.lock:
            call._done = True
            if call._late:
                self.stuck -= 1
        logs.finish(call)
        if call._late:
            return
        if error is None:
            try:
                content_type, data = events.encode(result)
            except (TypeError, ValueError, RecursionError) as cause:
                kind = type(result).__name__
                message = "The handler returned a %s that cannot be written as JSON: %s." % (kind, cause)
                self.fail(call._connection, call._mode, call, 500, "InvalidReturnValue", message)
                return
            headers, body = events.answer(call._mode, call, "success", content_type, data)
            headers["x-correlation-id"] = call.correlation_id
            if call._connection.claim():
                self.report(call, 200, "info", "call completed")
                call._connection.respond(200, headers, body)
            return
        if isinstance(error, TimeoutError) and time.time() >= call.deadline:
            self.fail(call._connection, call._mode, call, 504, "Timeout", timeout_message(), retryable=True)
            return
        import traceback

        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(HERE)]
        stack = "".join(traceback.format_list(frames) + traceback.format_exception_only(type(error), error))
        retryable = getattr(error, "retryable", isinstance(error, (ConnectionError, TimeoutError))) is True
        self.fail(call._connection, call._mode, call, 500, type(error).__name__, str(error), stack, retryable)

    def fail(self, connection, mode, call, status, kind, message, stack=None, retryable=False):
        error = {"type": kind, "message": message, "stack": stack, "retryable": retryable}
        content_type, data = events.encode(error)
        headers, body = events.answer(mode, call, "error", content_type, data)
        if call is not None:
            headers["x-correlation-id"] = call.correlation_id
        if not connection.claim():
            return
        if call is not None:
            self.metrics.error(kind)
            fields = {"error": kind, "stack": stack} if stack else {"error": kind}
            self.report(call, status, "error", "call failed: " + (message or kind), **fields)
        connection.respond(status, headers, body)

    def report(self, call, status, level, message, **fields):
        duration = time.monotonic() - call.began
        self.metrics.call(status, duration, call.cold_start)
        logs.emit(level, message, call, status=status, duration_ms=round(duration * 1000, 3),
                  cold_start=call.cold_start, **fields)

    def watch(self):
        """Answers calls that take too long. The limit is one for all, so the oldest is due first."""
        while True:
            while self.waiting and self.waiting[0]._done:
                self.waiting.popleft()
            left = self.waiting[0].began + TIMEOUT - time.monotonic() if self.waiting else TIMEOUT
            if left > 0:
                time.sleep(min(left, 0.05 if TIMEOUT < 5 else 0.5))
                continue
            call = self.waiting.popleft()
            call._connection.keep = False
            with self.lock:
                if call._done:
                    continue
                call._late = True
                self.stuck += 1
            self.fail(call._connection, call._mode, call, 504, "Timeout", timeout_message(), retryable=True)
            self.interrupt(call)

    def interrupt(self, call):
        """Ends a loop that would use the processor for ever. What waits outside of Python goes on waiting."""
        import ctypes

        with self.lock:
            if not call._done:
                thread = ctypes.c_ulong(call.thread)
                ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(Overdue))

    def drain(self):
        self.draining = True
        until = time.monotonic() + DRAIN_SECONDS
        while self.active - self.stuck > 0 and time.monotonic() < until:
            time.sleep(0.01)


def timeout_message():
    return "The handler did not answer within %g seconds." % TIMEOUT


def on_sigterm(_signal, _frame):
    # Only once: who asks again while the last calls end would break the drain off.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Drain


def main():
    logs.capture()
    import builtins

    builtins.exit = builtins.quit = sys.exit
    try:
        function = load(os.environ.get("KL_HANDLER") or "main.handler")
    except BaseException as error:
        import traceback

        stack = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        message = "The function cannot be loaded: %s: %s" % (type(error).__name__, error)
        logs.emit("error", message, error=type(error).__name__, stack=stack)
        try:
            with open(os.environ.get("TERMINATION_MESSAGE_PATH") or "/dev/termination-log", "w") as file:
                file.write(message[:4096])
        except OSError:
            pass
        os._exit(1)
    logs.adopt_logging()
    server = Server(function)
    listener = http.listen(os.environ.get("HOST") or "0.0.0.0", int(os.environ.get("PORT") or 8080))
    signal.signal(signal.SIGTERM, on_sigterm)
    try:
        http.serve(listener, server.handle)
    except (Drain, KeyboardInterrupt):
        listener.close()
        server.drain()
    os._exit(0)
