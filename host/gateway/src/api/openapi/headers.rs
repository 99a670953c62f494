//! The headers that every route takes.

use switchyard_wire::{CALLER_MAX_CHARS, IDEMPOTENCY_KEY_MAX_CHARS};
use utoipa::openapi::RefOr;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};

use crate::api::v2;

/// Adds them to the parameters of a route of v1 or v2.
pub(super) fn complete(path: &str, change: bool, operation: &mut Operation) {
    if !v2::owns(path) && !path.starts_with("/v1") {
        return;
    }
    let parameters = operation.parameters.get_or_insert_default();
    parameters.push(header(
        "X-Switchyard-Caller",
        "Who asks: a claim, not authentication. Without it the caller is `anonymous`. Where the service asks for tokens it is ignored.",
        CALLER_MAX_CHARS,
        "^[ -~]*$",
    ));
    if change && !matches!(path, "/v2/session" | "/v2/tokens") {
        parameters.push(header(
            "Idempotency-Key",
            "Makes the request safe to send again: the same request with the same key gets the same answer for 24 hours and is \
             carried out once.",
            IDEMPOTENCY_KEY_MAX_CHARS,
            "^[!#-~]+$",
        ));
    }
}

fn header(name: &str, description: &str, longest: usize, pattern: &str) -> RefOr<Parameter> {
    let text = ObjectBuilder::new()
        .schema_type(Type::String)
        .max_length(Some(longest))
        .pattern(Some(pattern));
    let parameter = ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .description(Some(description))
        .schema(Some(Schema::from(text)))
        .build();
    RefOr::T(parameter)
}
