//! The files of a driver in a form.

use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use http::StatusCode;
use switchyard_drivers::{COMPONENT_MAX_BYTES, Package};

use crate::api::v2::problem::Problem;

/// The longest upload, in bytes: the largest component, with room for the other files.
pub(in crate::api) const UPLOAD_MAX_BYTES: usize = COMPONENT_MAX_BYTES + (256 << 10);

/// Reads the parts `manifest`, `component` and `signature`, each at most once.
pub(super) async fn read(form: Result<Multipart, MultipartRejection>) -> Result<Package, Problem> {
    let mut form = form.map_err(|rejection| incomplete(&rejection.body_text()))?;
    let (mut manifest, mut component, mut signature) = (None, None, None);
    while let Some(field) = form.next_field().await.map_err(|error| broken(&error))? {
        match field.name() {
            Some("manifest") if manifest.is_none() => manifest = Some(text(field).await?),
            Some("signature") if signature.is_none() => signature = Some(text(field).await?),
            Some("component") if component.is_none() => {
                component = Some(field.bytes().await.map_err(|error| broken(&error))?);
            }
            name => {
                let name = name.unwrap_or("without a name");
                return Err(incomplete(&format!("the part {name:?} is unknown or came twice")));
            }
        }
    }
    match (manifest, component) {
        (Some(manifest), Some(component)) => Ok(Package {
            manifest,
            component: component.into(),
            signature,
        }),
        (None, _) => Err(incomplete("the part `manifest` is missing")),
        (Some(_), None) => Err(incomplete("the part `component` is missing")),
    }
}

async fn text(field: Field<'_>) -> Result<String, Problem> {
    let bytes = field.bytes().await.map_err(|error| broken(&error))?;
    String::from_utf8(bytes.into()).map_err(|_| incomplete("manifest and signature are texts in UTF-8"))
}

fn broken(error: &MultipartError) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let detail = format!("the upload is longer than {UPLOAD_MAX_BYTES} bytes");
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "request.too-long", detail);
    }
    incomplete(&error.body_text())
}

fn incomplete(what: &str) -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "driver.bad-upload",
        format!("the upload is no form with the files of a driver: {what}"),
    )
    .hint("send multipart/form-data: curl -F manifest=@driver.toml -F component=@driver.wasm -F signature=@driver.sig")
}
