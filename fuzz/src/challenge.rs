//! `WWW-Authenticate` headers from a controller.

use switchyard_transport::Challenge;

/// Reads the input as headers, one to a line, and checks what a reader may rely on.
pub fn challenge(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    for challenge in Challenge::all(text.lines()) {
        assert!(!challenge.scheme.is_empty());
        assert_eq!(challenge.scheme, challenge.scheme.to_ascii_lowercase());
        for (name, value) in &challenge.params {
            assert!(!name.is_empty());
            assert!(value.len() <= text.len());
        }
        // What was read is read again from a header that is written by the rules.
        let params: Vec<String> = challenge
            .params
            .iter()
            .map(|(name, value)| {
                let value = value.replace('\\', "\\\\").replace('"', "\\\"");
                format!("{name}=\"{value}\"")
            })
            .collect();
        let written = format!("{} {}", challenge.scheme, params.join(", "));
        if written.len() <= input.len() {
            assert_eq!(Challenge::all([written.as_str()]), [challenge]);
        }
    }
}
