"""Validate an RO-Crate against the required checks of Process Run Crate 0.5, without a network.

Usage: python tests/integration/validate_ro_crate.py CRATE

This needs an environment of its own with `roc-validator` and `rocrate`, since the former needs other versions of
libraries than CCP4i2. The JSON-LD context of RO-Crate 1.1 is replaced by that of 1.3, a superset, which `rocrate` has.
"""

import importlib.resources
import io
import sys
import urllib.request
from email.message import Message
from urllib.response import addinfourl

import requests
from urllib3 import HTTPResponse

CONTEXT = "https://w3id.org/ro/crate/1.1/context"


def context():
    return importlib.resources.files("rocrate").joinpath("data/ro-crate.jsonld").read_bytes()


class Local(urllib.request.HTTPSHandler):
    """Answers requests of rdflib for the context, and refuses all others."""

    def https_open(self, request):
        if request.full_url != CONTEXT:
            raise OSError(f"no network: {request.full_url}")
        headers = Message()
        headers["Content-Type"] = "application/ld+json"
        answer = addinfourl(io.BytesIO(context()), headers, CONTEXT, 200)
        answer.msg = "OK"
        return answer


def send(adapter, request, **others):
    """Answer a request of the validator itself; takes the place of `requests.adapters.HTTPAdapter.send`."""
    if request.url != CONTEXT:
        raise requests.ConnectionError(f"no network: {request.url}")
    headers = {"Content-Type": "application/ld+json"}
    body = io.BytesIO(context())
    raw = HTTPResponse(body, headers, status=200, preload_content=False, request_url=CONTEXT)
    return adapter.build_response(request, raw)


def main(crate):
    from rocrate_validator import services
    from rocrate_validator.models import Severity, ValidationSettings

    requests.adapters.HTTPAdapter.send = send
    urllib.request.install_opener(urllib.request.build_opener(Local))
    settings = ValidationSettings(
        rocrate_uri=crate, profile_identifier="process-run-crate-0.5", requirement_severity=Severity.REQUIRED
    )
    result = services.validate(settings)
    issues = [f"{one.check.identifier}: {one.message}" for one in result.get_issues(min_severity=Severity.REQUIRED)]
    sys.stdout.write("\n".join([*issues, f"{len(issues)} issues"]) + "\n")
    return 1 if issues else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
