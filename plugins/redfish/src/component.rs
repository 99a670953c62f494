//! From a dialect to a component: what every driver crate of this family consists of.

/// Makes a driver of a [`Dialect`](crate::Dialect) and exports it.
///
/// ```
/// use switchyard_redfish::{Dialect, export_dialect};
///
/// export_dialect! {
///     /// Redfish as Acme speaks it.
///     pub struct Acme speaks Dialect { name: "acme", close: true, ..Dialect::STANDARD };
/// }
/// ```
#[macro_export]
macro_rules! export_dialect {
    ($(#[$doc:meta])* pub struct $driver:ident speaks $dialect:expr;) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $driver;

        impl $driver {
            /// The differences from the standard.
            pub const DIALECT: &'static $crate::Dialect = &$dialect;
        }

        impl $crate::sdk::Driver for $driver {
            fn probe(host: &dyn $crate::sdk::Host) -> Result<Vec<$crate::sdk::Fact>, $crate::sdk::Failure> {
                $crate::probe(host)
            }

            fn survey(host: &dyn $crate::sdk::Host) -> Result<$crate::sdk::Findings, $crate::sdk::Failure> {
                $crate::survey(host, Self::DIALECT)
            }

            fn observe(
                host: &dyn $crate::sdk::Host,
                of: &$crate::sdk::Subject,
            ) -> Result<$crate::sdk::Observation, $crate::sdk::Failure> {
                $crate::observe(host, Self::DIALECT, of)
            }

            fn act(
                host: &dyn $crate::sdk::Host,
                on: &$crate::sdk::Subject,
                what: $crate::sdk::Primitive,
            ) -> Result<$crate::sdk::Submitted, $crate::sdk::Failure> {
                $crate::act(host, Self::DIALECT, on, what)
            }

            fn poll(
                host: &dyn $crate::sdk::Host,
                handle: &str,
            ) -> Result<$crate::sdk::Progress, $crate::sdk::Failure> {
                $crate::poll(host, Self::DIALECT, handle)
            }

            fn limits(
                host: &dyn $crate::sdk::Host,
                of: &$crate::sdk::Subject,
            ) -> Result<Vec<$crate::sdk::Limit>, $crate::sdk::Failure> {
                $crate::limits(host, Self::DIALECT, of)
            }

            fn set_limits(
                host: &dyn $crate::sdk::Host,
                on: &$crate::sdk::Subject,
                want: &[$crate::sdk::WantedLimit],
            ) -> Result<$crate::sdk::Submitted, $crate::sdk::Failure> {
                $crate::set_limits(host, Self::DIALECT, on, want)
            }

            fn boot(
                host: &dyn $crate::sdk::Host,
                of: &$crate::sdk::Subject,
            ) -> Result<$crate::sdk::BootOverride, $crate::sdk::Failure> {
                $crate::boot(host, Self::DIALECT, of)
            }

            fn set_boot(
                host: &dyn $crate::sdk::Host,
                on: &$crate::sdk::Subject,
                want: $crate::sdk::WantedBoot,
            ) -> Result<$crate::sdk::Submitted, $crate::sdk::Failure> {
                $crate::set_boot(host, Self::DIALECT, on, want)
            }

            fn indicator(
                host: &dyn $crate::sdk::Host,
                of: &$crate::sdk::Subject,
            ) -> Result<$crate::sdk::Indicator, $crate::sdk::Failure> {
                $crate::indicator(host, Self::DIALECT, of)
            }

            fn set_indicator(
                host: &dyn $crate::sdk::Host,
                on: &$crate::sdk::Subject,
                want: $crate::sdk::Light,
            ) -> Result<$crate::sdk::Submitted, $crate::sdk::Failure> {
                $crate::set_indicator(host, Self::DIALECT, on, want)
            }

            fn readings(
                host: &dyn $crate::sdk::Host,
                of: &$crate::sdk::Subject,
            ) -> Result<Vec<$crate::sdk::Reading>, $crate::sdk::Failure> {
                $crate::readings(host, Self::DIALECT, of)
            }
        }

        $crate::sdk::export_driver!($driver);
    };
}
