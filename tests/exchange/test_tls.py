"""We open TLS connections ourselves, so we prove ourselves that certificates and host names are verified."""

import contextlib
import datetime
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gridtrader.engine.ports import StreamUp
from gridtrader.exchange import dial, tls
from gridtrader.exchange.http import BybitHTTP
from tests.exchange.support.captures import WALLET_PUSH
from tests.exchange.support.private import Private
from tests.exchange.support.rig import API_KEY
from tests.exchange.support.waiting import until
from tests.exchange.support.ws_stub import WsStub


@dataclass(frozen=True)
class Authority:
    """A certificate for `localhost` that signs itself."""

    certificate: Path
    context: ssl.SSLContext


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / "cert.pem", folder / "key.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, secret)
    return Authority(pem, context)


@pytest.fixture
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the contexts know the authority."""
    monkeypatch.setattr(tls, "DEFAULT_CA_BUNDLE_PATH", str(authority.certificate))
    for context in (tls.http_context, tls.stream_context):
        context.cache_clear()
    yield
    for context in (tls.http_context, tls.stream_context):
        context.cache_clear()


@pytest.fixture
def server(authority: Authority) -> Iterator[WsStub]:
    stub = WsStub(tls=authority.context)
    yield stub
    stub.close()


def test_a_certificate_of_an_unknown_authority_is_refused_by_the_stream(server: WsStub) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="self-signed certificate"):
        dial.dial(f"wss://localhost:{server.port}", 5, 5)


@pytest.mark.usefixtures("trusted")
def test_a_certificate_of_another_host_is_refused_by_the_stream(server: WsStub) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match=r"127\.0\.0\.1"):
        dial.dial(f"wss://127.0.0.1:{server.port}", 5, 5)


def test_a_certificate_of_an_unknown_authority_is_refused_by_the_requests(server: WsStub) -> None:
    http = BybitHTTP(f"https://localhost:{server.port}", API_KEY, lambda: 1, 5.0, 5000, 1000)
    with pytest.raises(Exception, match="CERTIFICATE_VERIFY_FAILED"):
        http.call("get_server_time", {})


@pytest.mark.usefixtures("trusted")
def test_a_certificate_of_another_host_is_refused_by_the_requests(server: WsStub) -> None:
    http = BybitHTTP(f"https://127.0.0.1:{server.port}", API_KEY, lambda: 1, 5.0, 5000, 1000)
    with pytest.raises(Exception, match=r"127\.0\.0\.1"):
        http.call("get_server_time", {})


@pytest.mark.usefixtures("trusted")
def test_a_stream_works_over_tls_and_a_new_one_too(server: WsStub) -> None:
    private = Private(f"wss://localhost:{server.port}")
    private.stream.start()
    private.sink.wait_for(StreamUp)
    until(lambda: any(said["op"] == "ping" for said in server.last.received), "a ping")
    server.last.end()
    private.sink.wait_for(StreamUp, 2)
    private.stream.stop()


@pytest.mark.usefixtures("trusted")
def test_messages_that_come_in_one_record_are_all_delivered_at_once(server: WsStub) -> None:
    """TLS reads the whole record: the socket itself has nothing more to say then."""
    private = Private(f"wss://localhost:{server.port}", ping_interval_s=60.0, check_s=60.0, silence_s=60.0)
    private.stream.start()
    private.sink.wait_for(StreamUp)
    frame = struct.pack("!BBH", 0x81, 126, len(WALLET_PUSH)) + WALLET_PUSH.encode()
    server.last.sock.sendall(frame * 10)
    until(lambda: len(private.messages) == 10, "all of them")
    private.stream.stop()


@pytest.mark.usefixtures("trusted")
def test_many_threads_connect_with_one_context(authority: Authority) -> None:
    served = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    listener = socket.create_server(("127.0.0.1", 0), backlog=50)
    port = listener.getsockname()[1]

    def serve() -> None:
        while True:
            try:
                raw, _ = listener.accept()
                with authority.context.wrap_socket(raw, server_side=True) as sock:
                    sock.recv(4096)
                    sock.sendall(served)
            except OSError:
                return

    for _ in range(4):
        threading.Thread(target=serve, daemon=True).start()
    statuses: list[int] = []

    def ask() -> None:
        http = BybitHTTP(f"https://localhost:{port}", API_KEY, lambda: 1, 10.0, 5000, 1000)
        statuses.append(http.call("get_server_time", {}).status)
        http.close()

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    listener.close()
    assert statuses == [200] * 20


@pytest.mark.parametrize("says", [b"", b"\x16\x03\x01\x40\x00", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_a_tls_handshake_that_comes_to_no_end_is_given_up(says: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        accepted: list[socket.socket] = []

        def accept() -> None:
            sock, _ = listener.accept()
            accepted.append(sock)
            sock.sendall(says)
            for _ in range(100):
                try:
                    sock.sendall(b"\x00")
                except OSError:
                    return
                time.sleep(0.02)

        threading.Thread(target=accept, daemon=True).start()
        started = time.monotonic()
        with pytest.raises(OSError):
            dial.dial(f"wss://localhost:{port}", 0.2, 5)
        assert time.monotonic() - started < 1.5
        accepted[0].close()


@contextlib.contextmanager
def full_backlog() -> Iterator[int]:
    """Give a port whose connections are neither taken nor refused."""
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.socket())
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port: int = full.getsockname()[1]
        for _ in range(4):
            holder = stack.enter_context(socket.socket())
            holder.setblocking(False)
            holder.connect_ex(("127.0.0.1", port))
        yield port


def test_a_host_that_does_not_answer_is_given_up_in_time() -> None:
    with full_backlog() as port:
        started = time.monotonic()
        with pytest.raises(OSError):
            dial.dial(f"ws://127.0.0.1:{port}", 0.2, 5)
        assert time.monotonic() - started < 1.5


def test_an_address_that_swallows_everything_does_not_hide_one_that_answers(
    server: WsStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    with full_backlog() as port:
        places = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", each)) for each in (port, server.port)]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: places)
        with dial.connect("anywhere", 1, 0.4) as sock:
            assert sock.getpeername()[1] == server.port


@pytest.mark.parametrize("url", ["https://x", "x", "", "ws://"])
def test_an_address_that_is_no_websocket_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="not a WebSocket address"):
        dial.dial(url, 1, 1)
