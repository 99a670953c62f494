//! The token.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use reqwest::header::HeaderValue;

use super::error::Error;

/// The longest token, in bytes.
const TOKEN_MAX_BYTES: u64 = 16 << 10;

/// The token in a file, which holds nothing else but white space around it.
pub(super) fn read_token(path: &Path) -> Result<HeaderValue, Error> {
    let failed = |source| Error::Read {
        path: path.to_owned(),
        source,
    };
    let mut text = String::new();
    File::open(path)
        .map_err(failed)?
        .take(TOKEN_MAX_BYTES)
        .read_to_string(&mut text)
        .map_err(failed)?;
    bearer(text.trim(), path.display().to_string())
}

/// The header that presents a token.
pub(super) fn bearer(token: &str, origin: String) -> Result<HeaderValue, Error> {
    let sound = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    let header = sound.then(|| HeaderValue::from_str(&format!("Bearer {token}")).ok());
    let Some(mut header) = header.flatten() else {
        return Err(Error::Token { origin });
    };
    header.set_sensitive(true);
    Ok(header)
}
