"""HTTP/1.1 with keep-alive on plain sockets: a thread per connection, nothing that takes long to load."""
import socket
from _thread import allocate_lock, start_new_thread

BODY_BYTES = 10 * 1024 * 1024
HEAD_BYTES = 64 * 1024
REASONS = {200: "OK", 204: "No Content", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed",
           411: "Length Required", 413: "Content Too Large", 431: "Request Header Fields Too Large",
           500: "Internal Server Error", 501: "Not Implemented", 503: "Service Unavailable", 504: "Gateway Timeout"}


class Closed(Exception):
    """The peer is gone or has nothing more to say."""


class Bad(Exception):
    """The request cannot be read: (status, sentence)."""


class Connection:
    """One connection; answers at most once per request, whoever is first."""

    def __init__(self, sock):
        self.sock = sock
        self.rest = b""
        self.lock = allocate_lock()
        self.answered = True
        self.keep = True

    def _more(self):
        chunk = self.sock.recv(65536)
        if not chunk:
            raise Closed
        self.rest += chunk

    def request(self):
        """(method, path, query, headers, body), headers with lower-case names."""
        while b"\r\n\r\n" not in self.rest:
            if len(self.rest) > HEAD_BYTES:
                raise Bad(431, "The request's headers are too long.")
            self._more()
        self.answered = False
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        try:
            method, target, version = first.split(" ")
        except ValueError:
            raise Bad(400, "The request line cannot be read.") from None
        headers = {}
        for line in lines:
            name, colon, value = line.partition(":")
            if not colon:
                raise Bad(400, "A header cannot be read.")
            headers[name.strip().lower()] = value.strip()
        wish = headers.get("connection", "").lower()
        self.keep = "close" not in wish and (version == "HTTP/1.1" or "keep-alive" in wish)
        if headers.get("expect", "").lower() == "100-continue":
            self.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        path, _, query = target.partition("?")
        return method, path, query, headers, self._body(headers)

    def _body(self, headers):
        if "transfer-encoding" in headers:
            if headers["transfer-encoding"].lower() != "chunked":
                raise Bad(501, "This transfer encoding is not understood.")
            return self._chunks()
        try:
            length = int(headers.get("content-length") or 0)
            if length < 0:
                raise ValueError
        except ValueError:
            raise Bad(400, "The content length is no number.") from None
        return self._take(length)

    def _take(self, length):
        if length > BODY_BYTES:
            raise Bad(413, "The body has more than 10 MiB.")
        if len(self.rest) < length:
            parts, have = [self.rest], len(self.rest)
            while have < length:
                chunk = self.sock.recv(min(1 << 18, length - have + 65536))
                if not chunk:
                    raise Closed
                parts.append(chunk)
                have += len(chunk)
            self.rest = b"".join(parts)
        body, self.rest = self.rest[:length], self.rest[length:]
        return body

    def _line(self):
        while b"\r\n" not in self.rest:
            if len(self.rest) > 1024:
                raise Bad(400, "A chunk cannot be read.")
            self._more()
        line, _, self.rest = self.rest.partition(b"\r\n")
        return line

    def _chunks(self):
        parts, total = [], 0
        while True:
            try:
                size = int(self._line().split(b";")[0], 16)
            except ValueError:
                raise Bad(400, "A chunk cannot be read.") from None
            total += size
            if size == 0:
                while self._line():
                    pass
                return b"".join(parts)
            if total > BODY_BYTES:
                raise Bad(413, "The body has more than 10 MiB.")
            parts.append(self._take(size))
            self._line()

    def claim(self):
        """The right to answer; False when another has it, the time-out for example."""
        with self.lock:
            claimed = not self.answered
            self.answered = True
            return claimed

    def respond(self, status, headers, body, head_only=False):
        """Only for who has claimed the answer."""
        if not self.keep:
            headers["connection"] = "close"
        headers["content-length"] = str(len(body))
        lines = ["HTTP/1.1 %d %s" % (status, REASONS.get(status, "Status"))]
        lines += ["%s: %s" % (name, str(value).replace("\r", " ").replace("\n", " ")) for name, value in headers.items()]
        data = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
        try:
            self.sock.sendall(data if head_only else data + body)
        except OSError:
            self.keep = False

    def close(self):
        self.keep = False
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()


def listen(host, port):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(1024)
    return listener


def serve(listener, handle):
    """Accepts until an exception (a signal's) ends it; `handle(connection)` answers one request."""
    while True:
        try:
            sock, _ = listener.accept()
        except OSError as error:
            if error.errno in (24, 103):  # too many files, connection aborted
                continue
            raise
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        start_new_thread(_connection, (Connection(sock), handle))


def _connection(connection, handle):
    try:
        while connection.keep:
            handle(connection)
    except (Closed, OSError):
        pass
    finally:
        connection.close()
