//! Answers that repeat the login that came with the request, as debugging pages and error texts of some controllers do.
//!
//! Drivers see answers, and logs and operators see what drivers say of them. So what was sent is taken out of what comes back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use memchr::memmem;
use zeroize::Zeroizing;

use crate::http::Response;

/// The shortest password that is taken out where it stands alone, in bytes: a shorter one may be a word of any answer.
const PASSWORD_MIN_BYTES: usize = 8;
/// What stands in the place of each byte that is taken out, so that lengths and JSON stay as they are.
const MASK: u8 = b'*';

/// What one request showed of its login.
pub(crate) struct Shown(Vec<Zeroizing<Vec<u8>>>);

impl Shown {
    /// What stands in the headers of a request.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let value = headers.get(AUTHORIZATION).map(http::HeaderValue::as_bytes);
        let Some((scheme, rest)) = value.and_then(split) else {
            return Self(Vec::new());
        };
        let secrets = if scheme.eq_ignore_ascii_case(b"basic") {
            basic(rest)
        } else {
            response(rest).into_iter().collect()
        };
        Self(secrets)
    }

    /// The answer without it.
    pub(crate) fn hide(&self, mut answer: Response) -> Response {
        for secret in &self.0 {
            let finder = memmem::Finder::new(secret.as_slice());
            if finder.find(&answer.body).is_some() {
                answer.body = Bytes::from(masked(answer.body.to_vec(), &finder));
            }
            for (_, value) in &mut answer.headers {
                if finder.find(value.as_bytes()).is_some() {
                    let clean = masked(std::mem::take(value).into_bytes(), &finder);
                    *value = String::from_utf8_lossy(&clean).into_owned();
                }
            }
        }
        answer
    }
}

fn split(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = value.iter().position(|byte| *byte == b' ')?;
    let (scheme, rest) = value.split_at(at);
    Some((scheme, rest.trim_ascii_start()))
}

/// The encoded pair, the pair, and the password where it is long enough.
fn basic(encoded: &[u8]) -> Vec<Zeroizing<Vec<u8>>> {
    let mut secrets = vec![Zeroizing::new(encoded.to_vec())];
    if let Ok(pair) = STANDARD.decode(encoded).map(Zeroizing::new) {
        let password = pair
            .iter()
            .position(|byte| *byte == b':')
            .and_then(|at| pair.get(at + 1..));
        if let Some(password) = password.filter(|password| password.len() >= PASSWORD_MIN_BYTES) {
            secrets.push(Zeroizing::new(password.to_vec()));
        }
        secrets.push(pair);
    }
    secrets
}

/// The answer to a digest challenge, from which a weak password can be guessed.
fn response(parameters: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    const NAME: &[u8] = b"response=\"";
    let from = memmem::find(parameters, NAME)? + NAME.len();
    let rest = parameters.get(from..)?;
    let to = rest.iter().position(|byte| *byte == b'"')?;
    rest.get(..to)
        .filter(|hash| hash.len() >= PASSWORD_MIN_BYTES)
        .map(|hash| Zeroizing::new(hash.to_vec()))
}

fn masked(mut text: Vec<u8>, finder: &memmem::Finder<'_>) -> Vec<u8> {
    let places: Vec<usize> = finder.find_iter(&text).collect();
    for at in places {
        if let Some(found) = text.get_mut(at..at + finder.needle().len()) {
            found.fill(MASK);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn hidden(authorization: &str, body: &str, header: &str) -> (String, String) {
        let mut sent = HeaderMap::new();
        sent.insert(AUTHORIZATION, HeaderValue::from_str(authorization).unwrap());
        let answer = Response {
            status: 200,
            headers: vec![("x-echo".to_owned(), header.to_owned())],
            body: Bytes::from(body.to_owned()),
        };
        let mut answer = Shown::of(&sent).hide(answer);
        let body = String::from_utf8(answer.body.to_vec()).unwrap();
        (body, answer.headers.remove(0).1)
    }

    #[test]
    fn a_login_that_comes_back_is_masked() {
        // root:calvin12
        let basic = "Basic cm9vdDpjYWx2aW4xMg==";
        let (body, header) = hidden(
            basic,
            "{\"got\":\"Basic cm9vdDpjYWx2aW4xMg==\",\"pair\":\"root:calvin12\",\"user\":\"root\"}",
            "password=calvin12; user=root",
        );
        assert_eq!(
            body,
            "{\"got\":\"Basic ********************\",\"pair\":\"root:********\",\"user\":\"root\"}"
        );
        assert_eq!(header, "password=********; user=root");
        let untouched = "{\"Id\":\"1\"}";
        assert_eq!(hidden(basic, untouched, "a").0, untouched);
    }

    #[test]
    fn a_short_password_is_masked_with_its_user_only() {
        // root:root
        let (body, _) = hidden("Basic cm9vdDpyb290", "root:root cm9vdDpyb290 root", "");
        assert_eq!(body, "********* ************ root");
    }

    #[test]
    fn the_response_of_a_digest_is_masked() {
        let digest = "Digest username=\"a\", response=\"0123456789abcdef\", nc=00000001";
        let (body, _) = hidden(digest, "got 0123456789abcdef of a", "");
        assert_eq!(body, "got **************** of a");
    }

    #[test]
    fn a_password_of_the_mask_alone_ends_the_search() {
        // root:********
        let (body, _) = hidden("Basic cm9vdDoqKioqKioqKg==", "********", "");
        assert_eq!(body, "********");
    }
}
