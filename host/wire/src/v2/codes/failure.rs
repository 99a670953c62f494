//! Codes of what went wrong with one component.

use super::{FailureCode, failure};

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
