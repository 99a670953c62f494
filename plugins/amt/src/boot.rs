//! What the machine boots from next: boot sources and boot options (Intel AMT, "Boot control").
//!
//! AMT takes a source for the next start only, and does not tell afterwards which one it took.

use switchyard_driver_sdk::{
    BootDuration, BootOverride, BootSource, Cause, Failure, Firmware, Host, Submitted, WantedBoot, fact,
    failure,
};

use crate::client::Client;
use crate::consent;
use crate::return_value::judge;
use crate::soap::{Class, Selectors, amt, cim, parameter, reference};
use crate::xml::Element;

/// The boot options.
const OPTIONS: Class = amt("AMT_BootSettingData");
const OPTIONS_SELECTORS: Selectors<'_> = &[("InstanceID", "Intel(r) AMT:BootSettingData 0")];
/// Which sources and options the firmware knows.
const CAPABILITIES: Class = amt("AMT_BootCapabilities");
/// The boot configuration, which holds the order of sources.
const CONFIGURATION: Class = cim("CIM_BootConfigSetting");
const CONFIGURATION_SELECTORS: Selectors<'_> = &[("InstanceID", "Intel(r) AMT: Boot Configuration 0")];
/// The service that puts the configuration in force.
const SERVICE: Class = cim("CIM_BootService");
const SERVICE_SELECTORS: Selectors<'_> = &[("Name", "Intel(r) AMT Boot Service")];
/// A source.
const SOURCE: Class = cim("CIM_BootSourceSetting");
/// `Role`: for the next start only (DSP1012).
const NEXT_SINGLE_USE: &str = "1";

/// The options that an earlier change may have left behind. While one stands, AMT does not take a boot order.
const FLAGS: [&str; 12] = [
    "BIOSPause",
    "BIOSSetup",
    "ConfigurationDataReset",
    "EnforceSecureBoot",
    "ForcedProgressEvents",
    "PlatformErase",
    "ReflashBIOS",
    "SecureErase",
    "UseIDER",
    "UseSOL",
    "UseSafeMode",
    "UserPasswordBypass",
];
/// The options among them that are numbers, 0 for nothing.
const NUMBERS: [&str; 3] = ["BootMediaIndex", "FirmwareVerbosity", "IDERBootDevice"];
/// What AMT only reports: it is not part of a new setting.
const REPORTED: [&str; 7] = [
    "BIOSLastStatus",
    "BootguardStatus",
    "OptionsCleared",
    "RPEEnabled",
    "UEFIHTTPSBootEnabled",
    "UEFILocalPBABootEnabled",
    "WinREBootEnabled",
];

/// The sources, with the capability that says whether the firmware knows each, and AMT's name for it.
const SOURCES: [(BootSource, &str, Option<&str>); 5] = [
    (
        BootSource::Pxe,
        "ForcePXEBoot",
        Some("Intel(r) AMT: Force PXE Boot"),
    ),
    (
        BootSource::Disk,
        "ForceHardDriveBoot",
        Some("Intel(r) AMT: Force Hard-drive Boot"),
    ),
    (
        BootSource::Cd,
        "ForceCDorDVDBoot",
        Some("Intel(r) AMT: Force CD/DVD Boot"),
    ),
    (
        BootSource::Diagnostics,
        "ForceDiagnosticBoot",
        Some("Intel(r) AMT: Force Diagnostic Boot"),
    ),
    (BootSource::Setup, "BIOSSetup", None),
];

/// Reads what is known of the override.
pub(crate) fn read(host: &dyn Host) -> Result<BootOverride, Failure> {
    let client = Client::new(host);
    let options = client.get(OPTIONS, &[])?;
    let sources = match client.get_if_there(CAPABILITIES, &[])? {
        Some(capabilities) => known_sources(&capabilities),
        None => Vec::new(),
    };
    let consent = consent::check(&client);
    let why_not = match &consent {
        Err(refusal) if refusal.cause == Cause::NeedsConsent => Some(refusal.text.clone()),
        Err(refusal) => return Err(refusal.clone()),
        Ok(()) => None,
    };
    let (source, raw) = if is_set(&options, "BIOSSetup") {
        (BootSource::Setup, "BIOSSetup")
    } else if is_set(&options, "UseIDER") {
        (BootSource::Cd, "UseIDER")
    } else {
        (BootSource::None, "")
    };
    let duration = if source == BootSource::None {
        BootDuration::Disabled
    } else {
        BootDuration::Once
    };
    let mut facts = vec![fact(
        "pending",
        "Intel AMT does not tell which source it was given",
    )];
    facts.extend(why_not.iter().map(|why| fact("why-not-writable", why.as_str())));
    Ok(BootOverride {
        source,
        duration,
        firmware: Firmware::Unspecified,
        raw: raw.to_owned(),
        sources,
        writable: why_not.is_none(),
        facts,
    })
}

fn known_sources(capabilities: &Element) -> Vec<BootSource> {
    let known = SOURCES
        .iter()
        .filter(|(_, capability, _)| is_set(capabilities, capability))
        .map(|(source, _, _)| *source);
    std::iter::once(BootSource::None).chain(known).collect()
}

/// Sets the override: stuck options are cleared, then the order is cleared, set and put in force.
pub(crate) fn change(host: &dyn Host, want: WantedBoot) -> Result<Submitted, Failure> {
    let source = wanted(want)?;
    let client = Client::new(host);
    consent::check(&client)?;
    let options = client.get(OPTIONS, &[])?;
    let setup = want.source == BootSource::Setup;
    if setup || is_stuck(&options) {
        client.put(OPTIONS, OPTIONS_SELECTORS, &cleared(&options, setup))?;
    }
    change_order(&client, None)?;
    if let Some(source) = source {
        change_order(&client, Some(source))?;
    }
    if want.source != BootSource::None {
        put_in_force(&client)?;
    }
    Ok(Submitted::Accepted)
}

/// AMT's name for the wanted source; nothing where options or an empty order do it.
fn wanted(want: WantedBoot) -> Result<Option<&'static str>, Failure> {
    let refuse = |text| Err(failure(Cause::NotSupported, text));
    match want.duration {
        BootDuration::Continuous => {
            return refuse("Intel AMT sets what to boot from for the next start only");
        }
        BootDuration::Disabled if want.source != BootSource::None => {
            return refuse("an override that is not in force has no source");
        }
        BootDuration::Disabled | BootDuration::Once => {}
    }
    if want.firmware != Firmware::Unspecified {
        return refuse("Intel AMT does not choose between UEFI and legacy boot");
    }
    if want.source == BootSource::None {
        return Ok(None);
    }
    match SOURCES.iter().find(|(source, _, _)| *source == want.source) {
        Some((_, _, name)) => Ok(*name),
        None => refuse("Intel AMT cannot boot from that source"),
    }
}

fn is_set(object: &Element, name: &str) -> bool {
    object
        .text(name)
        .is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

fn is_stuck(options: &Element) -> bool {
    FLAGS.iter().any(|flag| is_set(options, flag))
        || NUMBERS
            .iter()
            .any(|number| options.number(number).unwrap_or(0) != 0)
}

/// The options as AMT gave them, with everything cleared that a start could stumble over.
fn cleared(options: &Element, setup: bool) -> String {
    let mut properties = String::new();
    for property in &options.children {
        let name = property.name.as_str();
        if REPORTED.contains(&name) {
            continue;
        }
        let value = if name == "BIOSSetup" && setup {
            "true"
        } else if FLAGS.contains(&name) {
            "false"
        } else if NUMBERS.contains(&name) {
            "0"
        } else {
            property.text.as_str()
        };
        properties.push_str(&parameter(name, value));
    }
    properties
}

fn change_order(client: &Client<'_>, source: Option<&str>) -> Result<(), Failure> {
    let parameters = source.map_or_else(String::new, |id| {
        reference("Source", SOURCE, &[("InstanceID", id)])
    });
    let output = client.invoke(
        CONFIGURATION,
        CONFIGURATION_SELECTORS,
        "ChangeBootOrder",
        &parameters,
    )?;
    judge(&output).map(drop)
}

fn put_in_force(client: &Client<'_>) -> Result<(), Failure> {
    let parameters = reference("BootConfigSetting", CONFIGURATION, CONFIGURATION_SELECTORS)
        + &parameter("Role", NEXT_SINGLE_USE);
    let output = client.invoke(SERVICE, SERVICE_SELECTORS, "SetBootConfigRole", &parameters)?;
    judge(&output).map(drop)
}
