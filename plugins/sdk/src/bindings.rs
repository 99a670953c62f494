//! The bindings that wit-bindgen generates from `wit/driver-0.1`.
#![expect(
    missing_docs,
    clippy::pedantic,
    reason = "generated code that crosses the boundary of the component"
)]

wit_bindgen::generate!({
    world: "driver",
    path: "../../wit/driver-0.1",
    generate_all,
    pub_export_macro: true,
    export_macro_name: "export_bindings",
    additional_derives: [PartialEq],
});
