"""A small Redfish driver in Python: the template's, line by line.

Each function is one call in a fresh instance. What a later call shall know goes into the cache of the call. The host adds address,
TLS and login; a driver sees paths, headers and bodies only.
"""

import json
from typing import Optional

from componentize_py_types import Err

from wit_world import exports
from wit_world.imports import call, http
from wit_world.imports.transport import (
    Reason_Auth,
    Reason_Cancelled,
    Reason_Refused,
    Reason_SessionFull,
    Reason_Tls,
    Reason_TooLarge,
)
from wit_world.imports.types import (
    Ability,
    Cause_Auth,
    Cause_Busy,
    Cause_Cancelled,
    Cause_Conflict,
    Cause_Forbidden,
    Cause_Invalid,
    Cause_Malformed,
    Cause_NotFound,
    Cause_NotSupported,
    Cause_Other,
    Cause_RefusedByHost,
    Cause_Tls,
    Cause_Unreachable,
    Fact,
    Failure,
    Findings,
    Kind,
    Member,
    Observation,
    Pace,
    Pending,
    PowerState,
    Primitive,
    Progress_Done,
    Progress_Gone,
    Progress_Running,
    Replay,
    Subject,
    Submitted_Accepted,
    Submitted_Pending,
)

ROOT = "/redfish/v1/"
CACHE_MS = 3_600_000
POLL_MS = 500

# The reset types of DMTF's DSP2046 that this driver knows, with what may be repeated and how long it takes.
RESETS = {
    "On": (Primitive.ON, Replay.SAFE, 15_000, 120_000),
    "ForceOff": (Primitive.FORCE_OFF, Replay.SAFE, 5_000, 60_000),
    "GracefulShutdown": (Primitive.GRACEFUL_SHUTDOWN, Replay.IF_UNCHANGED, 60_000, 300_000),
    "GracefulRestart": (Primitive.GRACEFUL_RESTART, Replay.NEVER, 60_000, 300_000),
    "ForceRestart": (Primitive.FORCE_RESTART, Replay.NEVER, 30_000, 180_000),
}
STATES = {
    "On": PowerState.ON,
    "Off": PowerState.OFF,
    "PoweringOn": PowerState.POWERING_ON,
    "PoweringOff": PowerState.POWERING_OFF,
}


def fail(cause, text, status=None, codes=(), wait=None):
    """A failure of this call. Whether a change was sent is not ours to say: the host knows."""
    raise Err(Failure(cause, status, list(codes), text, wait))


def unanswered(error: Err):
    """The failure for a request that brought no answer."""
    reason = error.value.reason
    causes = (
        (Reason_Tls, Cause_Tls()),
        (Reason_Auth, Cause_Auth()),
        (Reason_TooLarge, Cause_Malformed()),
        (Reason_SessionFull, Cause_Busy()),
        (Reason_Cancelled, Cause_Cancelled()),
        (Reason_Refused, Cause_RefusedByHost()),
    )
    cause = next((cause for kind, cause in causes if isinstance(reason, kind)), Cause_Unreachable())
    fail(cause, error.value.text)


def refused(response):
    """The failure for an answer that is no success, in the BMC's own words."""
    codes, words = [], []
    try:
        error = json.loads(bytes(response.body))["error"]
        infos = error.get("@Message.ExtendedInfo") or [{"MessageId": error.get("code"), "Message": error.get("message")}]
        codes = [info["MessageId"] for info in infos if info.get("MessageId")]
        words = [info["Message"] for info in infos if info.get("Message")]
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    causes = {
        400: Cause_Invalid(),
        401: Cause_Auth(),
        403: Cause_Forbidden(),
        404: Cause_NotFound(),
        405: Cause_NotSupported(),
        409: Cause_Conflict(),
        429: Cause_Busy(),
        501: Cause_NotSupported(),
        503: Cause_Busy(),
    }
    status = response.status
    wait = next((value for name, value in response.headers if name == "retry-after"), "")
    fail(
        causes.get(status, Cause_Other(f"http-{status}")),
        " ".join(words) or f"the BMC answered {status}",
        status,
        codes,
        int(wait) * 1000 if wait.isdigit() else None,
    )


def ask(send, method, path, body=None):
    """Sends one request, for an answer with any status."""
    headers = [("accept", "application/json"), ("odata-version", "4.0")]
    if body is not None:
        headers.append(("content-type", "application/json"))
    data = json.dumps(body).encode() if body is not None else b""
    try:
        return send(http.Request(method, path, headers, data, False, 0))
    except Err as error:
        unanswered(error)


def get(path) -> dict:
    """Reads a resource."""
    response = ask(http.read, http.Method.GET, path)
    if not 200 <= response.status < 300:
        refused(response)
    try:
        resource = json.loads(bytes(response.body))
    except ValueError:
        resource = None
    if not isinstance(resource, dict):
        fail(Cause_Malformed(), f"{path}: the answer is no JSON object", response.status)
    return resource


def link(value) -> Optional[str]:
    """The path of a link, when it is one."""
    path = value.get("@odata.id") if isinstance(value, dict) else None
    return path if isinstance(path, str) and path.startswith("/") else None


def reset_of(resource: dict) -> Optional[dict]:
    """The reset action of a system: where to send it, and what it takes."""
    actions = resource.get("Actions")
    action = actions.get("#ComputerSystem.Reset") if isinstance(actions, dict) else None
    if not isinstance(action, dict) or not isinstance(action.get("target"), str):
        return None
    values = action.get("ResetType@Redfish.AllowableValues")
    if not isinstance(values, list):
        values = list(RESETS)
    return {"target": action["target"], "values": [value for value in values if value in RESETS]}


class Power(exports.Power):
    def probe(self):
        root = get(ROOT)
        names = {"RedfishVersion": "redfish-version", "Vendor": "vendor", "Product": "product"}
        return [Fact(name, str(root[key])) for key, name in names.items() if root.get(key)]

    def survey(self):
        root = get(ROOT)
        systems = link(root.get("Systems"))
        if systems is None:
            fail(Cause_Malformed(), "the service root links no Systems")
        members = []
        for entry in get(systems).get("Members") or []:
            path = link(entry)
            if path is None:
                continue
            resource = get(path)
            reset = reset_of(resource)
            abilities = []
            if reset is not None:
                call.cache(path, json.dumps(reset).encode(), CACHE_MS)
                abilities = [
                    Ability(what, replay, True, usual, limit)
                    for what, replay, usual, limit in (RESETS[value] for value in reset["values"])
                ]
            name = path.rstrip("/").rsplit("/", 1)[-1]
            members.append(Member(Subject(Kind.NODE, path), name, None, abilities, []))
        return Findings([], Pace(1, 0, 0, 0), members)

    def observe(self, of):
        resource = get(of.id)
        raw = resource.get("PowerState")
        raw = raw if isinstance(raw, str) else ""
        evidence = []
        if resource.get("LastResetTime"):
            evidence.append(Fact("last-reset-time", str(resource["LastResetTime"])))
        return Observation(STATES.get(raw, PowerState.UNKNOWN), raw, evidence, [])

    def act(self, on, what):
        known = call.cached(on.id)
        reset = json.loads(bytes(known)) if known else reset_of(get(on.id))
        value = next((name for name in (reset or {}).get("values", []) if RESETS[name][0] == what), None)
        if value is None:
            fail(Cause_NotSupported(), f"{on.id} does not offer {what.name}")
        # The one changing request of this call. Whatever becomes of it, nothing else is tried.
        response = ask(http.change, http.Method.POST, reset["target"], {"ResetType": value})
        if not 200 <= response.status < 300:
            refused(response)
        location = next((value for name, value in response.headers if name == "location"), None)
        if response.status == 202 and location and location.startswith("/"):
            return Submitted_Pending(Pending(location, POLL_MS))
        return Submitted_Accepted()

    def poll(self, handle):
        if not handle.startswith("/"):
            return Progress_Gone()
        response = ask(http.read, http.Method.GET, handle)
        if response.status == 202:
            return Progress_Running(Pending(handle, POLL_MS))
        if response.status in (404, 410):
            return Progress_Gone()
        if not 200 <= response.status < 300:
            refused(response)
        return Progress_Done()
