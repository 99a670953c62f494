//! Every stable code of v2 with what it means and what to do: the one list from which the OpenAPI document and docs/api/errors.md
//! are written. A code is never given another meaning; new ones may come.

/// The code of a refused request, as in [`super::Problem::code`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProblemCode {
    /// The code.
    pub code: &'static str,
    /// The HTTP status that it comes with.
    pub status: u16,
    /// What it means.
    pub meaning: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

/// The code of something that went wrong with one component, as in [`super::Failure::code`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailureCode {
    /// The code.
    pub code: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

const fn problem(
    status: u16,
    code: &'static str,
    meaning: &'static str,
    remedy: &'static str,
) -> ProblemCode {
    ProblemCode {
        code,
        status,
        meaning,
        remedy,
    }
}

const fn failure(code: &'static str, meaning: &'static str, remedy: &'static str) -> FailureCode {
    FailureCode {
        code,
        meaning,
        remedy,
    }
}

/// The codes of refused requests, in order.
pub const PROBLEM_CODES: &[ProblemCode] = &[
    problem(
        403,
        "access.cross-site",
        "a change that a cookie authorises does not come from the dashboard itself",
        "send the token in the header Authorization, or use the dashboard",
    ),
    problem(
        403,
        "access.forbidden",
        "the role of the caller does not allow it",
        "ask an administrator for a token with a stronger role",
    ),
    problem(
        401,
        "access.invalid-token",
        "the token is malformed, not known, or not accepted",
        "send a token that is listed, or get a new one from the identity provider",
    ),
    problem(
        503,
        "access.no-keys",
        "signed tokens cannot be checked, because the keys of the identity provider cannot be had",
        "look at the identity provider, or use a token of the service",
    ),
    problem(
        403,
        "access.no-role",
        "the signed token gives no role that is known here",
        "have the identity provider give one, or set access.role_map or access.default_role",
    ),
    problem(401, "access.no-session", "the session is over", "log in again"),
    problem(
        401,
        "access.no-token",
        "no token was sent",
        "send Authorization: Bearer TOKEN",
    ),
    problem(
        403,
        "access.out-of-scope",
        "components are outside of what the caller may change",
        "leave them out, or ask an administrator for a token with a wider scope",
    ),
    problem(
        401,
        "access.token-expired",
        "the time of the token is over",
        "get a new one",
    ),
    problem(
        401,
        "access.token-revoked",
        "the token was revoked",
        "get a new one",
    ),
    problem(
        429,
        "access.too-many-failures",
        "too many tries from this address have failed",
        "wait for the time in Retry-After",
    ),
    problem(
        503,
        "backup.busy",
        "another backup is being made",
        "send the request again after the time in Retry-After",
    ),
    problem(
        500,
        "backup.failed",
        "the backup could not be written",
        "the detail says what could not be read or written; the service goes on",
    ),
    problem(
        409,
        "backup.folder-full",
        "the folder of backups holds as many as it may",
        "move backups to another machine",
    ),
    problem(
        409,
        "backup.not-configured",
        "the service has no folder for backups",
        "set backup.folder in its configuration, or stop it and run switchyardd backup",
    ),
    problem(
        400,
        "callback.invalid-url",
        "the callback is no URL that the service sends to",
        "send an absolute https:// or http:// URL without user and fragment",
    ),
    problem(
        400,
        "callback.not-configured",
        "callbacks are not configured here, so that nothing could be signed",
        "leave callback out, or set callbacks.secret_file in the configuration of the service",
    ),
    problem(
        400,
        "callback.refused-address",
        "the callback leads to an address that is not public",
        "list its network under callbacks.allow in the configuration of the service",
    ),
    problem(
        429,
        "caller.too-many-requests",
        "this caller sends more requests than one may",
        "wait as long as Retry-After says; a stream of events replaces repeated reading",
    ),
    problem(
        422,
        "component.ambiguous",
        "several components have this name, which is the id of none",
        "use the id of the one that is meant",
    ),
    problem(
        422,
        "component.inventory-not-read",
        "the inventory has not been read in full yet, so that nobody knows whether it holds the component",
        "ask again when GET /v2/inventory says that it is complete",
    ),
    problem(
        404,
        "component.not-found",
        "the inventory holds no component of this name",
        "list the components with GET /v2/components, or mend the inventory",
    ),
    problem(
        409,
        "configuration.ended",
        "the configuration has ended and takes no more orders",
        "look at how it ended; ask again for what failed",
    ),
    problem(
        404,
        "configuration.not-found",
        "there is no configuration of this id; configurations are forgotten some time after they ended",
        "look for the id in what was kept of the answer that gave it",
    ),
    problem(
        409,
        "discovery.conflict",
        "the host or the name is in the inventory already, or is being accepted",
        "look at the discovery again, and choose another name",
    ),
    problem(
        422,
        "discovery.insecure",
        "the host shows no certificate, so that a password sent there can be read on the way",
        "accept it with insecure=true if that is meant",
    ),
    problem(
        422,
        "discovery.invalid-range",
        "the ranges name no addresses, or too many",
        "write 10.4.7.0/24, 10.4.8.1-10.4.8.50 or 10.4.9.[1-32], and ask for much in parts",
    ),
    problem(
        422,
        "discovery.not-clear",
        "it is not clear which hosts are meant, or under which names",
        "give as many names as hosts, by address",
    ),
    problem(
        404,
        "discovery.not-found",
        "there is no such discovery, or it has been forgotten",
        "list the discoveries with GET /v2/discoveries",
    ),
    problem(
        409,
        "discovery.running",
        "another discovery is running",
        "wait until it has ended",
    ),
    problem(
        409,
        "discovery.wrong-fingerprint",
        "the host shows another certificate than the one that is meant",
        "find out who has the other certificate before any password is sent",
    ),
    problem(
        422,
        "driver.bad-manifest",
        "driver.toml is not TOML, or holds a key or value that it may not",
        "the detail names the key",
    ),
    problem(
        422,
        "driver.bad-signature",
        "the signature does not fit driver.toml and driver.wasm, or is none",
        "get all three files again from their maker",
    ),
    problem(
        400,
        "driver.bad-upload",
        "the upload is no form with the files of a driver",
        "send multipart/form-data with the parts manifest, component and signature",
    ),
    problem(
        422,
        "driver.broken",
        "the component is damaged or uses a feature that the host does not have",
        "get the file again, or build it for wasm32-wasip2",
    ),
    problem(
        503,
        "driver.busy",
        "another driver is being installed",
        "send the request again after the time in Retry-After",
    ),
    problem(
        409,
        "driver.canary-under-way",
        "another version of the driver is being tried",
        "promote it or roll it back first",
    ),
    problem(
        422,
        "driver.does-not-compile",
        "the compiler refuses the component",
        "report it to its maker",
    ),
    problem(
        422,
        "driver.does-not-fit",
        "the component does not fit the contract that it names",
        "build it anew against wit/",
    ),
    problem(
        409,
        "driver.embedded",
        "the version is a part of the service",
        "install and promote another version instead",
    ),
    problem(
        409,
        "driver.exists",
        "the version is there with other content",
        "give the new one another version",
    ),
    problem(
        409,
        "driver.full",
        "as many versions are installed as may be",
        "remove some",
    ),
    problem(
        409,
        "driver.in-folder",
        "the version lies in a folder that the configuration names",
        "remove it there and start the service again",
    ),
    problem(
        409,
        "driver.in-use",
        "the version is in use",
        "promote or roll back to another version, or name another driver in the inventory",
    ),
    problem(
        422,
        "driver.no-component",
        "the bytes are no WebAssembly component",
        "build with --target wasm32-wasip2, or wrap a core module with `wasm-tools component new`",
    ),
    problem(
        422,
        "driver.no-controllers",
        "no controller is named that could try a version, or none tries one",
        "name components or controllers, or the version",
    ),
    problem(
        422,
        "driver.no-power",
        "the component does not export what makes a driver",
        "build it against wit/",
    ),
    problem(
        404,
        "driver.not-found",
        "no driver of this id is loaded",
        "list the drivers with GET /v2/drivers",
    ),
    problem(
        422,
        "driver.not-granted",
        "the component imports what manifest and operator do not both grant",
        "name it in `wants` of driver.toml, and in drivers.grants or the [[driver]] of the configuration",
    ),
    problem(
        422,
        "driver.not-pinned",
        "the component is not the one that the configuration pins",
        "change `sha256` of its [[driver]] if the new one is meant",
    ),
    problem(
        500,
        "driver.not-stored",
        "the disk did not take or give a driver",
        "read the log of the service under the X-Request-Id of the answer",
    ),
    problem(
        409,
        "driver.nothing-to-roll-back",
        "no version is tried, and none was promoted before",
        "nothing",
    ),
    problem(
        422,
        "driver.other-contract",
        "the driver is built for a version of the contract that the host does not speak, or other than its manifest says",
        "build it against one that the detail names, or upgrade the service",
    ),
    problem(
        409,
        "driver.standard-already",
        "all controllers use the version already",
        "nothing",
    ),
    problem(
        422,
        "driver.too-large",
        "the component is larger than one may be",
        "build it for release, stripped",
    ),
    problem(
        422,
        "driver.too-many-controllers",
        "more controllers would try the version than may",
        "promote it instead",
    ),
    problem(
        422,
        "driver.unknown-import",
        "the component imports what the host does not offer",
        "build it against wit/, without sockets, files and the like",
    ),
    problem(
        422,
        "driver.unknown-key",
        "the driver is signed with a key that nobody trusts",
        "add the public key of its maker to drivers.trusted_keys, if you trust them",
    ),
    problem(
        500,
        "driver.unreadable",
        "the files of the driver cannot be read",
        "make them readable for the user of the service",
    ),
    problem(
        422,
        "driver.unsigned",
        "the driver bears no signature",
        "get its driver.sig, sign it with `switchyardd drivers sign`, or set drivers.allow_unsigned in a laboratory",
    ),
    problem(
        404,
        "driver.version-not-found",
        "no such version of the driver is loaded",
        "list the versions with GET /v2/drivers/{id}",
    ),
    problem(
        422,
        "driver.which-version",
        "several versions are installed",
        "name one with `version`",
    ),
    problem(
        422,
        "driver.wrong-digest",
        "the component is not the one that driver.toml names",
        "get both files again",
    ),
    problem(
        409,
        "endpoint.certificate-changed",
        "the controller shows another certificate than the one that was confirmed",
        "ask again without confirm, and compare",
    ),
    problem(
        409,
        "endpoint.not-discovered",
        "the controller stands in another source of the inventory",
        "take it out of the inventory file, or of SMD",
    ),
    problem(
        404,
        "endpoint.not-found",
        "the inventory holds no controller of this id",
        "list the controllers with GET /v2/endpoints, or mend the inventory",
    ),
    problem(
        502,
        "endpoint.not-probed",
        "the controller could not be asked, or nothing recognises it",
        "read the detail; GET /v2/endpoints/{id} tells whether it is left alone",
    ),
    problem(
        500,
        "endpoint.not-stored",
        "the change could not be written down, and does not hold",
        "look at the disk of the database, and ask again",
    ),
    problem(
        422,
        "filter.invalid",
        "the filter cannot be read",
        "the detail names the word and what it can be; docs/filter.md has the language",
    ),
    problem(
        404,
        "group.not-found",
        "the transition has no such group of failures",
        "list the groups with GET /v2/transitions/{id}/failures",
    ),
    problem(
        422,
        "hold.invalid-until",
        "the end of the hold is no time, has passed, or lies too far ahead",
        "send a time in RFC 3339, at most 30 days ahead",
    ),
    problem(
        404,
        "hold.not-found",
        "there is no such hold, or it was released before",
        "list the holds with GET /v2/holds",
    ),
    problem(
        409,
        "idempotency.in-progress",
        "the first request with this Idempotency-Key is still running",
        "send the same request again after the time in Retry-After to get its answer",
    ),
    problem(
        400,
        "idempotency.invalid-key",
        "the Idempotency-Key is empty, too long, or holds characters that a key has not",
        "send it once, with 1 to 255 visible ASCII characters without spaces",
    ),
    problem(
        422,
        "idempotency.key-reused",
        "the Idempotency-Key came with another body or query before",
        "take a new key for each new request, such as a random UUID",
    ),
    problem(
        429,
        "idempotency.too-many-keys",
        "this caller has used more keys in the last 24 hours than are kept for one; nothing was done",
        "wait as long as Retry-After says, or send the request without a key",
    ),
    problem(
        503,
        "idempotency.unavailable",
        "more keys were used in the last 24 hours than are kept; nothing was done",
        "wait as long as Retry-After says, or send the request without a key",
    ),
    problem(
        422,
        "operation.unknown",
        "there is no such operation, or none was named",
        "the detail lists the operations",
    ),
    problem(
        409,
        "plan.changed",
        "components are refused now that the plan held for possible, and nothing was done",
        "make a new plan, look at it, and execute that",
    ),
    problem(
        409,
        "plan.executed",
        "the plan has been executed; `transition` names what it became",
        "look at that transition, or make a new plan",
    ),
    problem(
        422,
        "plan.expect-mismatch",
        "the plan does not stand for as many components as `expect` says",
        "send the `expect` of the plan that was looked at",
    ),
    problem(
        409,
        "plan.expired",
        "the plan is too old to be executed",
        "make a new plan, look at it, and execute that",
    ),
    problem(
        422,
        "plan.mismatch",
        "the request says something else than its plan",
        "send `plan` and `expect` alone",
    ),
    problem(
        404,
        "plan.not-found",
        "there is no plan of this id; plans are forgotten some time after they have expired",
        "make a new plan",
    ),
    problem(
        422,
        "plan.other-caller",
        "the plan was made by somebody else",
        "make a plan of your own",
    ),
    problem(
        422,
        "plan.too-large",
        "the plan would name more components than one may",
        "make several plans",
    ),
    problem(
        502,
        "reading.failed",
        "the BMC could not be read; the detail has its words",
        "mend what the BMC says, and ask again",
    ),
    problem(
        503,
        "reading.left-alone",
        "the controller is left alone for a while after failures, and was not asked",
        "look at the BMC and its network, then POST /v2/endpoints/{id}/try, or wait as long as Retry-After says",
    ),
    problem(
        404,
        "reading.not-offered",
        "the BMC of the component, or its driver, does not offer this",
        "nothing: the detail says who does not know it",
    ),
    problem(
        504,
        "reading.timeout",
        "the BMC did not answer in time",
        "ask again; look at the BMC when it stays so",
    ),
    problem(
        422,
        "reason.missing",
        "the request takes a reason",
        "say why, in one line",
    ),
    problem(
        409,
        "request.conflict",
        "the present state stands in the way of some components, and nothing was done; `problems` lists them",
        "send it again later, or with onRefused=skip to leave those components out",
    ),
    problem(
        400,
        "request.invalid-body",
        "the body could not be read to its end",
        "send the request again",
    ),
    problem(
        400,
        "request.invalid-caller",
        "the name of the caller is too long, or holds other than visible ASCII characters",
        "send it once, with at most 128 visible ASCII characters",
    ),
    problem(
        400,
        "request.invalid-id",
        "the id in the path is not one that this service gives",
        "take the id from the answer that named it",
    ),
    problem(
        400,
        "request.invalid-path",
        "the path holds escapes that are not UTF-8",
        "escape the bytes of the name in UTF-8",
    ),
    problem(
        400,
        "request.invalid-query",
        "a parameter of the query is unknown or out of its range",
        "the detail names the parameter and what it takes",
    ),
    problem(
        400,
        "request.invalid-reason",
        "the reason is too long, or holds characters that a log cannot show",
        "send one line of at most 512 visible characters in UTF-8",
    ),
    problem(
        400,
        "request.malformed",
        "the body is not the JSON that the route takes, or has keys that it does not know",
        "compare the body with this document",
    ),
    problem(
        422,
        "request.out-of-range",
        "a value is out of its range",
        "the detail names the value and its range",
    ),
    problem(
        422,
        "request.refused",
        "the request cannot be carried out as it is, and nothing was done; `problems` lists everything that stands in the way",
        "mend what `problems` lists",
    ),
    problem(
        503,
        "request.timeout",
        "the answer took longer than a minute",
        "wait as long as Retry-After says; a request to switch power may have been accepted all the same, so look for it first",
    ),
    problem(
        413,
        "request.too-long",
        "the body is longer than the service takes",
        "split the request",
    ),
    problem(
        400,
        "request.too-many",
        "the request names more components than one may",
        "split the request",
    ),
    problem(
        414,
        "request.uri-too-long",
        "the request line is longer than a URI may be",
        "send names in the body of POST /power-status, or follow the pages of a list",
    ),
    problem(
        502,
        "resource.failed",
        "the BMC refused the read, or its answer cannot be shown",
        "read its words in the detail",
    ),
    problem(
        409,
        "resource.no-http",
        "no controller of the component speaks HTTP",
        "look at the BMC with the tools of its own protocol",
    ),
    problem(
        404,
        "resource.not-found",
        "the BMC has no resource at this path",
        "begin at /redfish/v1 and follow its links",
    ),
    problem(
        400,
        "resource.refused-path",
        "the path lies outside the tree in which reading changes nothing, or is no path",
        "send a path that begins with /redfish, without `..`",
    ),
    problem(
        503,
        "resource.unavailable",
        "the BMC does not answer, or is left alone for a while",
        "try again after the time in Retry-After; look at the endpoint with GET /v2/endpoints/{id}",
    ),
    problem(
        405,
        "route.method-not-allowed",
        "the path does not take this method",
        "the header Allow lists those that it takes",
    ),
    problem(
        404,
        "route.not-found",
        "the path leads nowhere",
        "look the path up in this document; it may belong to a later release than the service",
    ),
    problem(
        422,
        "selection.empty",
        "the set of components is empty, or the filter holds for none of them",
        "name at least one component, or look at what the filter shows",
    ),
    problem(
        422,
        "selection.expect-mismatch",
        "the set does not stand for as many components as `expect` says",
        "count again: the request may mean other components than its sender thinks",
    ),
    problem(
        422,
        "selection.invalid",
        "a set expression cannot be read",
        "the detail names the place in the expression",
    ),
    problem(
        422,
        "selection.not-in-transition",
        "the transition does not name the component",
        "look at the members of the transition",
    ),
    problem(
        422,
        "selection.too-large",
        "the set stands for more names than one request may have",
        "split the request",
    ),
    problem(
        422,
        "selection.unconfirmed",
        "the request is large enough to take a confirmation",
        "make a plan and execute it, or send confirm=true",
    ),
    problem(
        503,
        "service.busy",
        "too many requests are in work",
        "send the request again after the time in Retry-After",
    ),
    problem(
        503,
        "service.overloaded",
        "too many tasks are waiting or running; nothing was accepted",
        "send the request again after the time in Retry-After; force-off is taken all the same",
    ),
    problem(
        503,
        "service.stopping",
        "the service stops and takes no more work, or another process has taken over",
        "send the request again after the time in Retry-After",
    ),
    problem(
        422,
        "setting.invalid",
        "what is to be set is missing, is named twice, or cannot be read",
        "the detail names the value and what it takes",
    ),
    problem(
        404,
        "smd.no-subscription",
        "this process has subscribed to no notifications of SMD under this path",
        "nothing: SMD forgets a subscription of an earlier process when this one subscribes anew",
    ),
    problem(
        503,
        "store.disk-full",
        "the disk of the database has less room than store.free_min_mib",
        "make room; what was accepted goes on, and cancelling and emergency-off are taken all the same",
    ),
    problem(
        500,
        "store.failed",
        "the database failed the request",
        "read the log of the service under the X-Request-Id of the answer",
    ),
    problem(
        503,
        "store.unavailable",
        "the database takes no work at the moment",
        "send the request again after the time in Retry-After",
    ),
    problem(
        503,
        "stream.full",
        "as many streams are open as may be",
        "close streams that nobody looks at, or come back after the time in Retry-After",
    ),
    problem(
        409,
        "task.ended",
        "the task has ended and takes no more orders",
        "look at how it ended; try it again if it failed",
    ),
    problem(
        404,
        "task.not-found",
        "there is no task of this id; tasks are forgotten some time after they ended",
        "GET /v2/transitions/{id} names the task of each component",
    ),
    problem(
        422,
        "token.invalid",
        "the token cannot be made as it is wanted",
        "correct what the detail names",
    ),
    problem(
        404,
        "token.not-found",
        "there is no such token that holds",
        "GET /v2/tokens lists them",
    ),
    problem(
        409,
        "transition.ended",
        "the transition has ended and takes no more orders",
        "look at how it ended; try its failed parts again",
    ),
    problem(
        404,
        "transition.not-found",
        "there is no transition of this id; transitions are forgotten some time after they ended",
        "look for the id in what was kept of the answer that gave it",
    ),
    problem(
        409,
        "transition.nothing-to-retry",
        "nothing of it failed in a way that another try could mend; `problems` tells what became of each component",
        "resolve what is uncertain, and ask anew for the rest",
    ),
    problem(
        404,
        "webhook.not-found",
        "no webhook of this name is configured",
        "list the webhooks with GET /v2/webhooks",
    ),
];

/// The codes of what went wrong with one component, in order.
pub const FAILURE_CODES: &[FailureCode] = &[
    failure(
        "bmc.auth",
        "the BMC refused the login",
        "set the right login with `switchyardd credentials set`",
    ),
    failure(
        "bmc.busy",
        "the BMC is busy and asks to be left alone for a while",
        "nothing: it is tried again; look at the BMC when it stays so",
    ),
    failure(
        "bmc.conflict",
        "the BMC cannot do this in its present state",
        "read its words in `text`",
    ),
    failure(
        "bmc.forbidden",
        "the login is right and has no right to do this",
        "give the user at the BMC the right to control power",
    ),
    failure(
        "bmc.invalid",
        "the BMC took the request for malformed",
        "read its words in `text`, and report it with the model and the firmware",
    ),
    failure(
        "bmc.locked",
        "somebody at the BMC has locked the machine",
        "lift the lock at the BMC",
    ),
    failure(
        "bmc.malformed",
        "the answer of the BMC could not be understood",
        "report it with the model and the firmware",
    ),
    failure(
        "bmc.needs-consent",
        "the machine asks its user for consent",
        "give the consent at the machine, or allow control without it",
    ),
    failure(
        "bmc.not-found",
        "the BMC has no such resource",
        "check the path of the component in the inventory",
    ),
    failure(
        "bmc.not-supported",
        "the BMC cannot do this",
        "choose another operation; the component lists those that it supports",
    ),
    failure(
        "bmc.other",
        "the BMC failed in a way that has no code of its own",
        "read its words in `text`",
    ),
    failure(
        "bmc.timeout",
        "the BMC did not answer in time",
        "nothing: it is tried again; look at the BMC when it stays so",
    ),
    failure(
        "bmc.tls",
        "the certificate of the BMC is not the one that is trusted, or TLS failed",
        "check the certificate, then its pin or authority in the inventory",
    ),
    failure(
        "bmc.unreachable",
        "no connection to the BMC came about",
        "check its address in the inventory, its network and its power",
    ),
    failure(
        "boot.not-offered",
        "the component does not boot from there",
        "choose one of the sources that the text lists",
    ),
    failure(
        "call.cancelled",
        "the call was ended by a cancel or by the stop of the service",
        "nothing",
    ),
    failure(
        "component.ambiguous",
        "several components have this name, which is the id of none",
        "use the id of the one that is meant",
    ),
    failure(
        "component.busy",
        "there is work in line and the request wants none",
        "wait until it has ended, or ask again with ifBusy queue or replace",
    ),
    failure(
        "component.dependency",
        "something below the component, which the request names too, is refused, and would lose its power",
        "see why that is refused; leave both out, or cut the power with force-off",
    ),
    failure(
        "component.invalid-name",
        "the name is neither an xname nor a name of the inventory",
        "mend the name",
    ),
    failure(
        "component.inventory-not-read",
        "the inventory has not been read in full yet, so that nobody knows whether it holds the component",
        "ask again when GET /v2/inventory says that it is complete",
    ),
    failure(
        "component.no-controller",
        "no controller switches the component",
        "name its controller in the inventory",
    ),
    failure(
        "component.no-power-control",
        "components of this type have no power to switch",
        "name the component that feeds it or the nodes in it",
    ),
    failure(
        "component.not-found",
        "the inventory holds no component of this name",
        "list the components with GET /v2/components, or mend the inventory",
    ),
    failure(
        "component.on-hold",
        "somebody keeps others off the component",
        "ask who placed the hold to name you or to release it, or wait until it ends",
    ),
    failure(
        "component.out-of-scope",
        "the caller may not change the component",
        "leave it out, or ask an administrator for a token with a wider scope",
    ),
    failure(
        "component.protected",
        "the component is protected by its role or because it is a BMC",
        "send force=true if it is meant",
    ),
    failure(
        "component.queue-full",
        "the line of the component is full",
        "wait until tasks in it have ended, or cancel some",
    ),
    failure(
        "component.too-many-joined",
        "too many requests share the task that this one would join",
        "wait until the task has ended",
    ),
    failure(
        "component.uncertain",
        "it is not known whether a restart was executed, and the request is another",
        "look at the machine and resolve it, or switch it on or off",
    ),
    failure(
        "component.unsupported",
        "the component does not support the operation",
        "choose another operation; the component lists those that it supports",
    ),
    failure(
        "component.would-be-off",
        "a restart behind a task that leaves the component off",
        "ask for on or init, or cancel the off",
    ),
    failure(
        "credentials.unavailable",
        "the secret store does not answer, so that there is no login to ask the BMC with; nothing was sent",
        "look at GET /v2/dependencies; it goes on by itself once the store answers, and ends unsent at the start limit",
    ),
    failure(
        "deputy-key.unused",
        "a deputy key came for a component that the request does not name",
        "name the component, or leave the key out",
    ),
    failure(
        "driver.failed",
        "the driver failed",
        "read the log of the service, and report it with the model and the firmware",
    ),
    failure(
        "driver.missing",
        "no driver speaks to the controller: none recognises it, or the one that the inventory names is not loaded",
        "GET /v2/endpoints/{id} says which; install a driver, or correct the name in the inventory",
    ),
    failure(
        "driver.refused",
        "the host kept back what the driver tried, for it was not allowed",
        "read the log of the service; a driver that does so is faulty",
    ),
    failure(
        "endpoint.breaker-open",
        "the BMC did not answer several times and is left alone for a while",
        "look at the BMC and its network, then POST /v2/endpoints/{id}/try; otherwise it is tried at the time named",
    ),
    failure(
        "group.not-found",
        "the inventory holds no group of this name",
        "name another group, or the components themselves",
    ),
    failure(
        "indicator.not-offered",
        "the indicator has no such light",
        "choose one of the lights that the text lists",
    ),
    failure(
        "limit.ambiguous",
        "the component has several limits, and the request names none",
        "name one of the limits that the text lists",
    ),
    failure(
        "limit.none",
        "the BMC shows no power limit for the component at the moment",
        "read the limits; some BMCs show them only while the machine is on",
    ),
    failure(
        "limit.out-of-range",
        "the limit is outside of what the BMC takes; nothing was sent",
        "choose a value in the range that the text names",
    ),
    failure("limit.twice", "the request names one limit twice", "name it once"),
    failure(
        "limit.unknown",
        "the component has no limit of this name",
        "choose one of the limits that the text lists",
    ),
    failure(
        "setting.not-writable",
        "the BMC does not let it be set at the moment",
        "read its reason in `text`",
    ),
    failure(
        "setting.superseded",
        "a later request for something else took its place",
        "nothing; the text names that request",
    ),
    failure(
        "setting.timed-out",
        "the time was over before a reading showed it",
        "look at the component, then ask again",
    ),
    failure(
        "smd.away",
        "SMD could not be asked for the reservation of the component",
        "look at SMD and the way to it; the task asks again until its time to start has passed; emergency-off needs no SMD",
    ),
    failure(
        "smd.disabled",
        "an administrator of SMD has disabled reservations of the component",
        "have them enabled in SMD, then ask again",
    ),
    failure(
        "smd.locked",
        "an administrator of SMD has locked the component",
        "have it unlocked in SMD, or send the deputy key of the administrator's reservation",
    ),
    failure(
        "smd.not-found",
        "SMD does not know the component",
        "have SMD discover it, or take it from the inventory of SMD",
    ),
    failure(
        "smd.refused",
        "SMD refused the reservation in words of its own",
        "read them; they are SMD's",
    ),
    failure(
        "smd.reservation-lost",
        "the reservation in SMD was taken away between two steps; the component was left as the earlier step made it",
        "find out in SMD who took it, then ask again",
    ),
    failure(
        "smd.reserved",
        "somebody else holds the component in SMD",
        "wait until it is released, or send its deputy key",
    ),
    failure(
        "task.absorbed",
        "the requests of the task moved to a stronger one of the same end",
        "nothing; the outcome names that task",
    ),
    failure(
        "task.dependency",
        "another component of the request had to come first by the hierarchy, and did not come to be as asked",
        "see what stopped that component, then try the failed parts of the transition again",
    ),
    failure(
        "task.no-primitive",
        "nothing that the component supports brings about what was asked for",
        "choose another operation; the component lists those that it supports",
    ),
    failure(
        "task.superseded",
        "a later request took the place of the task",
        "nothing; the outcome names that request",
    ),
    failure(
        "task.timed-out",
        "the time was over before the state was proven",
        "look at the component, then ask again; a longer deadline helps slow machines",
    ),
    failure(
        "task.uncertain",
        "a restart may or may not have been executed, and nothing proves either",
        "look at the machine, then restart it again or let it be",
    ),
    failure(
        "task.unsupported",
        "the component does not support the operation",
        "choose another operation; the component lists those that it supports",
    ),
    failure(
        "task.wrong-state",
        "the state of the component forbids the operation, such as a restart of a machine that is off",
        "bring it into the right state first",
    ),
];

/// The row of a problem's code.
pub fn problem_code(code: &str) -> Option<&'static ProblemCode> {
    PROBLEM_CODES.iter().find(|row| row.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_stand_in_order_and_once() {
        assert!(PROBLEM_CODES.is_sorted_by(|a, b| a.code < b.code));
        assert!(FAILURE_CODES.is_sorted_by(|a, b| a.code < b.code));
    }

    #[test]
    fn a_problem_is_a_client_or_a_server_error() {
        assert!(PROBLEM_CODES.iter().all(|row| (400..600).contains(&row.status)));
    }
}
