//! The real host, reached through the component's imports, and the export of a driver.

use crate::bindings::switchyard::driver::{call, http};
use crate::{Call, Fault, Http, Level, Request, Response};

/// The host of a component. Its functions exist only inside a component.
#[derive(Debug, Clone, Copy, Default)]
pub struct Guest;

impl Http for Guest {
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

impl Call for Guest {
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

/// Begins a call: a panic's message goes to the host's log before the instance ends.
pub fn enter() -> Guest {
    std::panic::set_hook(Box::new(|panic| call::log(Level::Error, &panic.to_string())));
    Guest
}

/// Exports a [`Driver`](crate::Driver) from a component. Outside a component it only checks the type.
#[macro_export]
macro_rules! export_driver {
    ($driver:ty) => {
        const _: () = {
            const fn is_a_driver<T: $crate::Driver>() {}
            is_a_driver::<$driver>();
        };

        #[cfg(target_family = "wasm")]
        const _: () = {
            struct Component;

            impl $crate::bindings::exports::switchyard::driver::power::Guest for Component {
                fn probe() -> Result<Vec<$crate::Fact>, $crate::Failure> {
                    <$driver as $crate::Driver>::probe(&$crate::enter())
                }

                fn survey() -> Result<$crate::Findings, $crate::Failure> {
                    <$driver as $crate::Driver>::survey(&$crate::enter())
                }

                fn observe(of: $crate::Subject) -> Result<$crate::Observation, $crate::Failure> {
                    <$driver as $crate::Driver>::observe(&$crate::enter(), &of)
                }

                fn act(
                    on: $crate::Subject,
                    what: $crate::Primitive,
                ) -> Result<$crate::Submitted, $crate::Failure> {
                    <$driver as $crate::Driver>::act(&$crate::enter(), &on, what)
                }

                fn poll(handle: String) -> Result<$crate::Progress, $crate::Failure> {
                    <$driver as $crate::Driver>::poll(&$crate::enter(), &handle)
                }
            }

    $crate::bindings::export_bindings!(Component with_types_in $crate::bindings);
        };
    };
}
