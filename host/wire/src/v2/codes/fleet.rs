//! Codes of refused requests about components, their endpoints, and how they are chosen.

use super::{ProblemCode, problem};

/// In order.
pub(super) const CODES: &[ProblemCode] = &[
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
        404,
        "smd.no-subscription",
        "this process has subscribed to no notifications of SMD under this path",
        "nothing: SMD forgets a subscription of an earlier process when this one subscribes anew",
    ),
];
