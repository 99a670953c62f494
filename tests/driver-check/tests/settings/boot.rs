//! Boot overrides and lights, in the forms of the makes.

use bmc_sim::{BootHabit, Delays, Light as Shown, LightKind, Profile, SettingsProfile, SimConfig, Tags};
use std::time::Duration;
use switchyard_core::{BootDuration, BootSource, Cause, Firmware, Light, WantedBoot};
use switchyard_drivers::Submitted;

use crate::bench::{Bench, permit};

const PXE_ONCE: WantedBoot = WantedBoot {
    source: BootSource::Pxe,
    duration: BootDuration::Once,
    firmware: Firmware::Unspecified,
};

fn habit(boot: BootHabit, tags: Tags) -> SettingsProfile {
    SettingsProfile {
        boot,
        tags,
        ..SettingsProfile::standard()
    }
}

async fn set(bench: &Bench, want: WantedBoot) -> Result<Submitted, switchyard_core::Failure> {
    let driver = &bench.driver;
    driver.set_boot(bench.call(), &bench.node(), want, permit()).await
}

#[tokio::test]
async fn an_override_is_set_read_back_and_lifted_on_every_make() {
    let cases = [
        ("redfish-standard", BootHabit::Single, Tags::Checked),
        ("redfish-hpe", BootHabit::Single, Tags::NeverAny),
        ("redfish-ami", BootHabit::Full, Tags::AnyOnly),
        ("redfish-lenovo", BootHabit::FullOnce, Tags::Strong),
        ("redfish-supermicro", BootHabit::AlwaysEnabled, Tags::Checked),
        ("redfish-dell", BootHabit::SettingsOnly, Tags::Checked),
        ("redfish-standard", BootHabit::SettingsOnly, Tags::Checked),
        ("redfish-dell", BootHabit::Single, Tags::Checked),
    ];
    for (driver, boot, tags) in cases {
        let case = format!("{driver} {boot:?}");
        let bench = Bench::new(driver, habit(boot, tags)).await;
        assert_eq!(set(&bench, PXE_ONCE).await, Ok(Submitted::Accepted), "{case}");
        let kept = bench.sim.settings(0, 0).boot;
        let words = (kept.target.as_str(), kept.enabled.as_str(), kept.mode.as_str());
        assert_eq!(words, ("Pxe", "Once", "UEFI"), "{case}");

        let read = bench.driver.boot(bench.call(), &bench.node()).await.unwrap();
        assert_eq!(
            (read.source, read.duration),
            (BootSource::Pxe, BootDuration::Once),
            "{case}"
        );
        assert!(read.sources.contains(&BootSource::Disk), "{case}");
        assert_eq!(
            set(&bench, PXE_ONCE).await,
            Ok(Submitted::Already),
            "{case}: nothing is worn out"
        );

        let lift = WantedBoot {
            duration: BootDuration::Disabled,
            ..PXE_ONCE
        };
        assert_eq!(set(&bench, lift).await, Ok(Submitted::Accepted), "{case}");
        assert_eq!(bench.sim.settings(0, 0).boot.enabled, "Disabled", "{case}");
        bench.sim.stop().await;
    }
}

#[tokio::test]
async fn what_a_make_does_not_know_is_said_before_anything_is_sent() {
    let bench = Bench::new("redfish-lenovo", habit(BootHabit::FullOnce, Tags::Strong)).await;
    let for_good = WantedBoot {
        duration: BootDuration::Continuous,
        ..PXE_ONCE
    };
    assert_eq!(
        set(&bench, for_good).await.unwrap_err().cause,
        Cause::NotSupported
    );
    assert_eq!(bench.sim.settings(0, 0).changes, 0);
    bench.sim.stop().await;

    let bench = Bench::new("redfish-cray", habit(BootHabit::Nowhere, Tags::Checked)).await;
    let none = bench.driver.boot(bench.call(), &bench.node()).await.unwrap_err();
    assert_eq!(none.cause, Cause::NotSupported);
    bench.sim.stop().await;
}

#[tokio::test]
async fn while_the_firmware_starts_ilo_asks_to_come_back() {
    let settings = SettingsProfile {
        refuses_in_post: true,
        ..habit(BootHabit::Single, Tags::NeverAny)
    };
    let profile = Profile {
        settings,
        ..Profile::standard()
    };
    let delays = Delays {
        boot: Duration::from_mins(10),
        ..Delays::default()
    };
    let config = SimConfig::default().profile(profile).delays(delays);
    let bench = Bench::with("redfish-hpe", config).await;
    bench.sim.set_power(0, 0, bmc_sim::PowerState::Off);
    bench.sim.press_button(0, 0);
    let refused = set(&bench, PXE_ONCE).await.unwrap_err();
    assert_eq!(refused.cause, Cause::Busy, "{refused:?}");
    assert!(refused.retry_after.is_some());
    bench.sim.stop().await;
}

#[tokio::test]
async fn the_light_is_set_by_the_property_that_is_there() {
    for (light, lights) in [(LightKind::Led, 3), (LightKind::Both, 3), (LightKind::Active, 2)] {
        let bench = Bench::new(
            "redfish-standard",
            SettingsProfile {
                light,
                ..SettingsProfile::standard()
            },
        )
        .await;
        let node = bench.node();
        let read = bench.driver.indicator(bench.call(), &node).await.unwrap();
        assert_eq!((read.light, read.lights.len()), (Light::Off, lights), "{light:?}");
        let driver = &bench.driver;
        driver
            .set_indicator(bench.call(), &node, Light::Lit, permit())
            .await
            .unwrap();
        assert_eq!(bench.sim.settings(0, 0).light, Shown::Lit, "{light:?}");
        let read = driver.indicator(bench.call(), &node).await.unwrap();
        assert_eq!(read.light, Light::Lit, "{light:?}");
        let blinking = driver
            .set_indicator(bench.call(), &node, Light::Blinking, permit())
            .await;
        assert_eq!(blinking.is_ok(), lights == 3, "{light:?}");
        bench.sim.stop().await;
    }
}
