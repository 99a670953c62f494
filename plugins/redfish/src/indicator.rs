//! The light by which people find a machine (DSP2046, Resource: `LocationIndicatorActive`, `IndicatorLED`).

use serde_json::json;
use switchyard_driver_sdk::{Cause, Failure, Host, Indicator, Kind, Light, Subject, Submitted, failure};

use crate::chassis::{Regulated, optional};
use crate::client::Client;
use crate::dialect::Dialect;
use crate::resource::Resource;
use crate::subject::path_of_subject;
use crate::tagged::Tagged;

/// The property that only knows on and off.
const ACTIVE: &str = "LocationIndicatorActive";
/// The older property, with words.
const LED: &str = "IndicatorLED";
/// What the older property takes when the BMC lists nothing.
const LIGHTS: [Light; 3] = [Light::Off, Light::Lit, Light::Blinking];

/// Reads the light of a subject from the BMC.
pub fn indicator(host: &dyn Host, dialect: &'static Dialect, of: &Subject) -> Result<Indicator, Failure> {
    let client = Client::new(host, dialect);
    let holder = holder(&client, of)?;
    let active = holder.resource.flag(&[ACTIVE]);
    let word = holder.resource.text(&[LED]);
    let (light, raw) = match (active, word) {
        (Some(true), Some(word)) if light(word) == Light::Blinking => (Light::Blinking, word.to_owned()),
        (Some(true), _) => (Light::Lit, "true".to_owned()),
        (Some(false), _) => (Light::Off, "false".to_owned()),
        (None, Some(word)) => (light(word), word.to_owned()),
        (None, None) => (Light::Unknown, String::new()),
    };
    Ok(Indicator {
        light,
        raw,
        lights: lights(&holder.resource),
        facts: Vec::new(),
    })
}

/// Sets the light of a subject.
pub fn set_indicator(
    host: &dyn Host,
    dialect: &'static Dialect,
    on: &Subject,
    want: Light,
) -> Result<Submitted, Failure> {
    let client = Client::new(host, dialect);
    let holder = holder(&client, on)?;
    if !lights(&holder.resource).contains(&want) {
        return Err(failure(
            Cause::NotSupported,
            format!("{} has no such light", holder.path),
        ));
    }
    let has_word = holder.resource.at(&[LED]).is_some();
    let switches = holder.resource.flag(&[ACTIVE]).is_some() && !(want == Light::Blinking && has_word);
    let by_word = json!({ LED: word(want) });
    if !switches {
        return holder.patch(&client, &by_word);
    }
    match holder.patch(&client, &json!({ ACTIVE: want != Light::Off })) {
        Err(refused) if has_word && matches!(refused.status, Some(400 | 405 | 501)) => {
            holder.patch(&client, &by_word)
        }
        sent => sent,
    }
}

/// The resource with the light: the subject's own, or of a system its chassis.
fn holder(client: &Client<'_>, of: &Subject) -> Result<Tagged, Failure> {
    let path = path_of_subject(client, of)?;
    let own = Tagged::read(client, &path)?;
    if has_light(&own.resource) {
        return Ok(own);
    }
    if of.kind == Kind::Node {
        let chassis = Regulated::read(client, of, "indicator")?.chassis;
        let lit = chassis.iter().find(|chassis| has_light(chassis));
        if let Some(path) = lit.and_then(|chassis| chassis.link(&[]))
            && let Some(holder) = optional(client, &path)?
        {
            return Ok(holder);
        }
    }
    Err(failure(Cause::NotSupported, format!("{path} has no indicator")))
}

fn has_light(resource: &Resource) -> bool {
    resource.flag(&[ACTIVE]).is_some() || resource.at(&[LED]).is_some()
}

fn lights(resource: &Resource) -> Vec<Light> {
    if resource.at(&[LED]).is_none() {
        return vec![Light::Off, Light::Lit];
    }
    let listed = resource.texts(&["IndicatorLED@Redfish.AllowableValues"]);
    let listed: Vec<Light> = listed.iter().flatten().map(|word| light(word)).collect();
    let known = |light: &Light| listed.is_empty() || listed.contains(light);
    LIGHTS.into_iter().filter(known).collect()
}

fn light(word: &str) -> Light {
    match word {
        "Lit" => Light::Lit,
        "Blinking" => Light::Blinking,
        "Off" => Light::Off,
        _ => Light::Unknown,
    }
}

fn word(light: Light) -> &'static str {
    match light {
        Light::Lit => "Lit",
        Light::Blinking => "Blinking",
        Light::Off | Light::Unknown => "Off",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use switchyard_driver_sdk::testing::{FakeHost, answer};

    use super::*;

    const STANDARD: &Dialect = &Dialect::STANDARD;

    fn node() -> Subject {
        Subject {
            kind: Kind::Node,
            id: "/redfish/v1/Systems/1".to_owned(),
        }
    }

    fn bmc(system: &str) -> FakeHost {
        FakeHost::new().page("/redfish/v1/Systems/1", system)
    }

    fn sent(host: &FakeHost) -> Vec<Value> {
        let body = |request: &switchyard_driver_sdk::Request| serde_json::from_slice(&request.body).unwrap();
        host.changes().iter().map(body).collect()
    }

    #[test]
    fn the_newer_property_goes_first_and_blinking_needs_the_older() {
        let host = bmc(r#"{"LocationIndicatorActive": false, "IndicatorLED": "Lit"}"#);
        let read = indicator(&host, STANDARD, &node()).unwrap();
        assert_eq!((read.light, read.lights.len()), (Light::Off, 3));
        set_indicator(&host, STANDARD, &node(), Light::Lit).unwrap();
        set_indicator(&host, STANDARD, &node(), Light::Blinking).unwrap();
        assert_eq!(
            sent(&host),
            [
                json!({"LocationIndicatorActive": true}),
                json!({"IndicatorLED": "Blinking"})
            ]
        );
        let host = bmc(r#"{"LocationIndicatorActive": true}"#);
        assert_eq!(indicator(&host, STANDARD, &node()).unwrap().light, Light::Lit);
        assert_eq!(
            set_indicator(&host, STANDARD, &node(), Light::Blinking)
                .unwrap_err()
                .cause,
            Cause::NotSupported
        );
    }

    #[test]
    fn a_refused_property_gives_way_to_the_other() {
        let host = bmc(r#"{"LocationIndicatorActive": false, "IndicatorLED": "Off"}"#)
            .on_change(Ok(answer(400, "{}")));
        set_indicator(&host, STANDARD, &node(), Light::Lit).unwrap();
        assert_eq!(
            sent(&host),
            [
                json!({"LocationIndicatorActive": true}),
                json!({"IndicatorLED": "Lit"})
            ]
        );
    }

    #[test]
    fn a_system_may_have_its_light_on_the_chassis() {
        let host = bmc(r#"{"Links": {"Chassis": [{"@odata.id": "/redfish/v1/Chassis/1"}]}}"#).page(
            "/redfish/v1/Chassis/1",
            r#"{"@odata.id": "/redfish/v1/Chassis/1", "IndicatorLED": "Blinking"}"#,
        );
        assert_eq!(
            indicator(&host, STANDARD, &node()).unwrap().light,
            Light::Blinking
        );
        set_indicator(&host, STANDARD, &node(), Light::Off).unwrap();
        assert_eq!(host.changes()[0].path, "/redfish/v1/Chassis/1");
        let dark = bmc("{}").page("/redfish/v1", "{}");
        assert_eq!(
            indicator(&dark, STANDARD, &node()).unwrap_err().cause,
            Cause::NotSupported
        );
    }
}
