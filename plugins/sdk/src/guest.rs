//! The real host, reached through the component's imports, and the export of a driver.

use crate::bindings::switchyard::driver::{call, http, ipmi};
use crate::{Call, Delivery, Fault, Http, Ipmi, Level, Message, Reason, Reply, Request, Response};

/// The host of a component that speaks HTTP. Its functions exist only inside a component.
///
/// There is one host for each transport, so that a component imports only the one that it uses: what it imports has to be granted.
#[derive(Debug, Clone, Copy, Default)]
pub struct HttpGuest;

/// The host of a component that speaks IPMI. Its functions exist only inside a component.
#[derive(Debug, Clone, Copy, Default)]
pub struct IpmiGuest;

impl Http for HttpGuest {
    fn read(&self, request: &Request) -> Result<Response, Fault> {
        http::read(request)
    }

    fn query(&self, request: &Request) -> Result<Response, Fault> {
        http::query(request)
    }

    fn change(&self, request: &Request) -> Result<Response, Fault> {
        http::change(request)
    }
}

impl Ipmi for HttpGuest {
    fn ipmi_read(&self, _: &Message) -> Result<Reply, Fault> {
        Err(not_imported("ipmi"))
    }

    fn ipmi_change(&self, _: &Message) -> Result<Reply, Fault> {
        Err(not_imported("ipmi"))
    }
}

impl Http for IpmiGuest {
    fn read(&self, _: &Request) -> Result<Response, Fault> {
        Err(not_imported("http"))
    }

    fn query(&self, _: &Request) -> Result<Response, Fault> {
        Err(not_imported("http"))
    }

    fn change(&self, _: &Request) -> Result<Response, Fault> {
        Err(not_imported("http"))
    }
}

impl Ipmi for IpmiGuest {
    fn ipmi_read(&self, message: &Message) -> Result<Reply, Fault> {
        ipmi::read(message)
    }

    fn ipmi_change(&self, message: &Message) -> Result<Reply, Fault> {
        ipmi::change(message)
    }
}

fn not_imported(interface: &str) -> Fault {
    let text = format!("this driver was exported without {interface}");
    Fault {
        delivery: Delivery::NotSent,
        reason: Reason::Refused(text.clone()),
        text,
    }
}

macro_rules! call {
    ($guest:ty) => {
        impl Call for $guest {
            fn setting(&self, name: &str) -> Option<String> {
                call::setting(name)
            }

            fn cached(&self, key: &str) -> Option<Vec<u8>> {
                call::cached(key)
            }

            fn cache(&self, key: &str, value: &[u8], ttl_ms: u32) {
                call::cache(key, value, ttl_ms);
            }

            fn now_ms(&self) -> u64 {
                call::now_ms()
            }

            fn remaining_ms(&self) -> u32 {
                call::remaining_ms()
            }

            fn sleep(&self, ms: u32) -> bool {
                call::sleep(ms)
            }

            fn log(&self, level: Level, text: &str) {
                call::log(level, text);
            }
        }
    };
}

call!(HttpGuest);
call!(IpmiGuest);

/// Begins a call: a panic's message goes to the host's log before the instance ends.
pub fn enter<G: Default>() -> G {
    std::panic::set_hook(Box::new(|panic| call::log(Level::Error, &panic.to_string())));
    G::default()
}

/// Exports a [`Driver`](crate::Driver) from a component: one that speaks HTTP, or with `export_driver!(MyDriver, ipmi)` one that speaks
/// IPMI. Outside a component it only checks the type.
#[macro_export]
macro_rules! export_driver {
    ($driver:ty) => {
        $crate::export_driver!(@ $driver, $crate::HttpGuest);
    };
    ($driver:ty, ipmi) => {
        $crate::export_driver!(@ $driver, $crate::IpmiGuest);
    };
    (@ $driver:ty, $guest:ty) => {
        const _: () = {
            const fn is_a_driver<T: $crate::Driver>() {}
            is_a_driver::<$driver>();
        };

        #[cfg(target_family = "wasm")]
        const _: () = {
            struct Component;

            impl $crate::bindings::exports::switchyard::driver::power::Guest for Component {
                fn probe() -> Result<Vec<$crate::Fact>, $crate::Failure> {
                    <$driver as $crate::Driver>::probe(&$crate::enter::<$guest>())
                }

                fn survey() -> Result<$crate::Findings, $crate::Failure> {
                    <$driver as $crate::Driver>::survey(&$crate::enter::<$guest>())
                }

                fn observe(of: $crate::Subject) -> Result<$crate::Observation, $crate::Failure> {
                    <$driver as $crate::Driver>::observe(&$crate::enter::<$guest>(), &of)
                }

                fn act(
                    on: $crate::Subject,
                    what: $crate::Primitive,
                ) -> Result<$crate::Submitted, $crate::Failure> {
                    <$driver as $crate::Driver>::act(&$crate::enter::<$guest>(), &on, what)
                }

                fn poll(handle: String) -> Result<$crate::Progress, $crate::Failure> {
                    <$driver as $crate::Driver>::poll(&$crate::enter::<$guest>(), &handle)
                }
            }

            impl $crate::bindings::exports::switchyard::driver::limits::Guest for Component {
                fn read(of: $crate::Subject) -> Result<Vec<$crate::Limit>, $crate::Failure> {
                    <$driver as $crate::Driver>::limits(&$crate::enter::<$guest>(), &of)
                }

                fn change(
                    on: $crate::Subject,
                    want: Vec<$crate::WantedLimit>,
                ) -> Result<$crate::Submitted, $crate::Failure> {
                    <$driver as $crate::Driver>::set_limits(&$crate::enter::<$guest>(), &on, &want)
                }
            }

            impl $crate::bindings::exports::switchyard::driver::boot::Guest for Component {
                fn read(of: $crate::Subject) -> Result<$crate::BootOverride, $crate::Failure> {
                    <$driver as $crate::Driver>::boot(&$crate::enter::<$guest>(), &of)
                }

                fn change(
                    on: $crate::Subject,
                    want: $crate::WantedBoot,
                ) -> Result<$crate::Submitted, $crate::Failure> {
                    <$driver as $crate::Driver>::set_boot(&$crate::enter::<$guest>(), &on, want)
                }
            }

            impl $crate::bindings::exports::switchyard::driver::indicator::Guest for Component {
                fn read(of: $crate::Subject) -> Result<$crate::Indicator, $crate::Failure> {
                    <$driver as $crate::Driver>::indicator(&$crate::enter::<$guest>(), &of)
                }

                fn change(
                    on: $crate::Subject,
                    want: $crate::Light,
                ) -> Result<$crate::Submitted, $crate::Failure> {
                    <$driver as $crate::Driver>::set_indicator(&$crate::enter::<$guest>(), &on, want)
                }
            }

            impl $crate::bindings::exports::switchyard::driver::readings::Guest for Component {
                fn read(of: $crate::Subject) -> Result<Vec<$crate::Reading>, $crate::Failure> {
                    <$driver as $crate::Driver>::readings(&$crate::enter::<$guest>(), &of)
                }
            }

    $crate::bindings::export_bindings!(Component with_types_in $crate::bindings);
        };
    };
}
