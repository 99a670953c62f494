//! UUIDs, read as Go's `google/uuid` reads them, with its error texts.

use uuid::Uuid;

/// Why a text is no UUID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Error {
    /// None of the forms has this length.
    #[error("invalid UUID length: {0}")]
    Length(usize),
    /// The length fits, the characters do not.
    #[error("invalid UUID format")]
    Format,
    /// Of the length of a URN that begins otherwise.
    #[error("invalid urn prefix: {0:?}")]
    UrnPrefix(String),
}

/// Reads the four forms: plain, without hyphens, in braces, as a URN. Letters may have any case.
pub(super) fn parse(text: &str) -> Result<Uuid, Error> {
    const URN: &str = "urn:uuid:";
    match text.len() {
        32 | 36 => Uuid::try_parse(text).map_err(|_| Error::Format),
        38 => {
            let plain = text
                .strip_prefix('{')
                .and_then(|rest| rest.strip_suffix('}'))
                .ok_or(Error::Format)?;
            Uuid::try_parse(plain).map_err(|_| Error::Format)
        }
        45 => match text.split_at_checked(URN.len()) {
            Some((prefix, plain)) if prefix.eq_ignore_ascii_case(URN) => {
                Uuid::try_parse(plain).map_err(|_| Error::Format)
            }
            Some((prefix, _)) => Err(Error::UrnPrefix(prefix.to_owned())),
            None => Err(Error::Format),
        },
        length => Err(Error::Length(length)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_google_uuid_is_read() {
        let plain = "8f252166-c53c-435e-8354-e69649537a0f";
        let id = Uuid::try_parse(plain).unwrap();
        let forms = [
            plain.to_owned(),
            plain.to_uppercase(),
            plain.replace('-', ""),
            format!("{{{plain}}}"),
            format!("urn:uuid:{plain}"),
            format!("URN:UUID:{plain}"),
        ];
        for form in forms {
            assert_eq!(parse(&form), Ok(id), "{form}");
        }
    }

    #[test]
    fn the_error_texts_are_those_of_google_uuid() {
        assert_eq!(parse("banana").unwrap_err().to_string(), "invalid UUID length: 6");
        assert_eq!(parse("").unwrap_err().to_string(), "invalid UUID length: 0");
        let wrong = "8f252166-c53c-435e-8354-e69649537a0g";
        assert_eq!(parse(wrong).unwrap_err().to_string(), "invalid UUID format");
        assert_eq!(
            parse(&"g".repeat(32)).unwrap_err().to_string(),
            "invalid UUID format"
        );
        assert_eq!(
            parse(&format!("[{wrong}]")).unwrap_err().to_string(),
            "invalid UUID format"
        );
        assert_eq!(
            parse("uuid:urn:8f252166-c53c-435e-8354-e69649537a0f")
                .unwrap_err()
                .to_string(),
            "invalid urn prefix: \"uuid:urn:\""
        );
        assert_eq!(parse(&"ä".repeat(19)).unwrap_err(), Error::Format);
    }
}
