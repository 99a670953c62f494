//! A driver against the contract as 0.1.0 had it: power alone, and no interface that came later. The WIT beside it is frozen.

#![cfg_attr(
    target_family = "wasm",
    expect(
        unsafe_code,
        reason = "generated code that crosses the boundary of the component"
    )
)]

#[expect(
    clippy::pedantic,
    reason = "generated code that crosses the boundary of the component"
)]
mod bindings {
    wit_bindgen::generate!({
        world: "http-driver",
        path: "wit",
        generate_all,
    });
}

#[cfg(target_family = "wasm")]
mod driver {
    use crate::bindings::exports::switchyard::driver::power::{
        Failure, Findings, Guest, Observation, Primitive, Progress, Subject, Submitted,
    };
    use crate::bindings::switchyard::driver::http::{self, Method, Request};
    use crate::bindings::switchyard::driver::types::{
        Ability, Cause, Fact, Kind, Member, Pace, PowerState, Replay,
    };

    struct Elder;

    impl Guest for Elder {
        fn probe() -> Result<Vec<Fact>, Failure> {
            let vendor = Fact {
                name: "vendor".to_owned(),
                value: "elder".to_owned(),
            };
            Ok(vec![vendor])
        }

        fn survey() -> Result<Findings, Failure> {
            let ability = Ability {
                what: Primitive::ForceOff,
                replay: Replay::Safe,
                advertised: true,
                usual_ms: 100,
                limit_ms: 1_000,
            };
            let node = Member {
                subject: Subject {
                    kind: Kind::Node,
                    id: "/200".to_owned(),
                },
                name: "node".to_owned(),
                parent: None,
                abilities: vec![ability],
                facts: Vec::new(),
            };
            Ok(Findings {
                identity: Vec::new(),
                pace: Pace {
                    parallel: 1,
                    gap_ms: 0,
                    settle_ms: 0,
                    poll_ms: 0,
                },
                members: vec![node],
            })
        }

        fn observe(of: Subject) -> Result<Observation, Failure> {
            let answer = http::read(&request(Method::Get, &of.id)).map_err(|_| failure())?;
            Ok(Observation {
                state: PowerState::On,
                raw: answer.status.to_string(),
                evidence: Vec::new(),
                facts: Vec::new(),
            })
        }

        fn act(_: Subject, _: Primitive) -> Result<Submitted, Failure> {
            http::change(&request(Method::Post, "/change")).map_err(|_| failure())?;
            Ok(Submitted::Accepted)
        }

        fn poll(_: String) -> Result<Progress, Failure> {
            Ok(Progress::Gone)
        }
    }

    fn request(method: Method, path: &str) -> Request {
        Request {
            method,
            path: path.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            anonymous: false,
            timeout_ms: 0,
        }
    }

    fn failure() -> Failure {
        Failure {
            cause: Cause::Unreachable,
            status: None,
            codes: Vec::new(),
            text: "no answer".to_owned(),
            retry_after_ms: None,
        }
    }

    crate::bindings::export!(Elder with_types_in crate::bindings);
}
