"""A stand-in for Google Cloud Storage's XML interface, whose requests are those of S3: moto, to which
requests without a signature are made to look as if they had one. Argument: its port."""

import sys

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

SIGNED = "AWS4-HMAC-SHA256 Credential=me/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
MOTO = DomainDispatcherApplication(create_backend_app)


def application(environ, start_response):
    environ["HTTP_AUTHORIZATION"] = SIGNED
    return MOTO(environ, start_response)


run_simple("127.0.0.1", int(sys.argv[1]), application, threaded=True)
