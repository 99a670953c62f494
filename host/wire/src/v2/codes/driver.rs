//! Codes of refused requests about drivers.

use super::{ProblemCode, problem};

/// In order.
pub(super) const CODES: &[ProblemCode] = &[
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
];
