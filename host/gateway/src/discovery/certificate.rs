//! What a certificate says of itself.

use switchyard_core::Timestamp;
use switchyard_transport::Fingerprint;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// The longest subject that is kept, in bytes.
const SUBJECT_MAX_BYTES: usize = 512;

/// A certificate that a host shows. What it says is what the host says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// SHA-256 over its DER form.
    pub fingerprint: Fingerprint,
    /// Its subject, where it can be read.
    pub subject: Option<String>,
    /// When it expires, where that can be read.
    pub expires_at: Option<Timestamp>,
}

impl Certificate {
    /// A certificate in DER form. One that cannot be read has a fingerprint all the same.
    pub fn of(der: &[u8]) -> Self {
        let parsed = X509Certificate::from_der(der).ok().map(|(_, parsed)| parsed);
        let subject = parsed.as_ref().map(|parsed| parsed.subject().to_string());
        let expires_at = parsed
            .as_ref()
            .map(|parsed| parsed.validity().not_after.timestamp());
        Self {
            fingerprint: Fingerprint::of(der),
            subject: subject.map(|subject| shortened(&subject)),
            expires_at: expires_at.map(|seconds| Timestamp::from_millis(seconds.saturating_mul(1_000))),
        }
    }
}

fn shortened(text: &str) -> String {
    let printable = text.chars().filter(|c| !c.is_control());
    let mut short = String::new();
    for c in printable {
        if short.len() + c.len_utf8() > SUBJECT_MAX_BYTES {
            break;
        }
        short.push(c);
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_tells_its_name_and_end() {
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, "bmc-7");
        params.not_after = rcgen::date_time_ymd(2030, 1, 2);
        let key = rcgen::KeyPair::generate().unwrap();
        let der = params.self_signed(&key).unwrap().der().to_vec();
        let certificate = Certificate::of(&der);
        assert!(certificate.subject.unwrap().contains("CN=bmc-7"));
        assert_eq!(
            certificate.expires_at,
            Some(Timestamp::from_millis(1_893_542_400_000))
        );
        let broken = Certificate::of(&der[..20]);
        assert_eq!((broken.subject, broken.expires_at), (None, None));
    }
}
