//! How boot overrides are written.

/// What a BMC wants of a change of `Boot` (DSP2046, `ComputerSystem`), beyond the properties that change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BootForm {
    /// Target, enabled and mode are always sent together; else a change of one of them is dropped or undoes another.
    pub full: bool,
    /// `BootSourceOverrideEnabled` is sent also when it stays what it was.
    pub always_enabled: bool,
    /// `Continuous` is refused: an override holds for one boot.
    pub once_only: bool,
    /// The override is written to the resource of `@Redfish.Settings`, where there is one.
    pub pending: bool,
    /// Models, by a part of their name in lower case, whose virtual CD boots as `Cd`. Every other one of the make boots it as
    /// `UsbCd` when [`BootForm::usb_cd`] holds.
    pub plain_cd_models: &'static [&'static str],
    /// Whether a virtual CD boots as `UsbCd`.
    pub usb_cd: bool,
}

impl BootForm {
    /// What DSP2046 asks for: the properties that change.
    pub const STANDARD: Self = Self {
        full: false,
        always_enabled: false,
        once_only: false,
        pending: false,
        plain_cd_models: &[],
        usb_cd: false,
    };

    /// The override target of a virtual CD on this model.
    pub fn cd(&self, model: &str) -> &'static str {
        let model = model.to_lowercase();
        let plain = self.plain_cd_models.iter().any(|name| model.contains(name));
        if self.usb_cd && !plain { "UsbCd" } else { "Cd" }
    }
}
