//! Redfish's words for boot overrides and the contract's.

use super::{BootDuration, BootSource, Firmware};

/// Every boot source with its words, the usual one first.
const SOURCES: [(BootSource, &[&str]); 12] = [
    (BootSource::None, &["None"]),
    (BootSource::Pxe, &["Pxe"]),
    (BootSource::Http, &["UefiHttp"]),
    (BootSource::Disk, &["Hdd"]),
    (BootSource::Cd, &["Cd", "UsbCd"]),
    (BootSource::Usb, &["Usb", "UsbHdd"]),
    (BootSource::Floppy, &["Floppy"]),
    (BootSource::SdCard, &["SDCard"]),
    (BootSource::Setup, &["BiosSetup"]),
    (BootSource::Utilities, &["Utilities"]),
    (BootSource::Diagnostics, &["Diags"]),
    (BootSource::Shell, &["UefiShell"]),
];
/// Words for a boot option that is named elsewhere.
const TARGETS: [&str; 2] = ["UefiTarget", "UefiBootNext"];

/// The source that a word stands for; no word is no override.
pub(super) fn source(word: &str) -> BootSource {
    if word.is_empty() {
        return BootSource::None;
    }
    if TARGETS.iter().any(|known| known.eq_ignore_ascii_case(word)) {
        return BootSource::Target;
    }
    SOURCES
        .iter()
        .find(|(_, words)| words.iter().any(|known| known.eq_ignore_ascii_case(word)))
        .map_or(BootSource::Other, |(source, _)| *source)
}

/// The sources that can be set by name, each once.
pub(super) fn sources(words: &[String]) -> Vec<BootSource> {
    let mut found = Vec::new();
    for word in words {
        let source = source(word);
        if !matches!(source, BootSource::Target | BootSource::Other) && !found.contains(&source) {
            found.push(source);
        }
    }
    found
}

/// The words for a source, the usual one first; empty when it cannot be set by name.
pub(super) fn words(source: BootSource) -> &'static [&'static str] {
    SOURCES
        .iter()
        .find(|(known, _)| *known == source)
        .map_or(&[], |(_, words)| words)
}

/// The duration that a word stands for; no word is no override.
pub(super) fn duration(word: Option<&str>) -> BootDuration {
    match word {
        Some("Once") => BootDuration::Once,
        Some("Continuous") => BootDuration::Continuous,
        _ => BootDuration::Disabled,
    }
}

/// The word for a duration.
pub(super) fn enabled(duration: BootDuration) -> &'static str {
    match duration {
        BootDuration::Disabled => "Disabled",
        BootDuration::Once => "Once",
        BootDuration::Continuous => "Continuous",
    }
}

/// How the firmware starts by a word.
pub(super) fn firmware(word: Option<&str>) -> Firmware {
    match word {
        Some(word) if word.eq_ignore_ascii_case("UEFI") => Firmware::Uefi,
        Some(word) if word.eq_ignore_ascii_case("Legacy") => Firmware::Legacy,
        _ => Firmware::Unspecified,
    }
}

/// The word for how the firmware starts.
pub(super) fn mode(firmware: Firmware) -> Option<&'static str> {
    match firmware {
        Firmware::Uefi => Some("UEFI"),
        Firmware::Legacy => Some("Legacy"),
        Firmware::Unspecified => None,
    }
}
