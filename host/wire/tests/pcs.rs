//! The v1 bodies are PCS's own, to the key and in its order.

use switchyard_wire::Standing;
use switchyard_wire::pcs::{
    Health, PowerStatus, Task, TaskCounts, Transition, TransitionRequest, TransitionStatus,
};

fn text(value: &impl serde::Serialize) -> serde_json::Result<String> {
    serde_json::to_string(value)
}

#[test]
fn a_transition_is_closed_and_in_order() {
    let transition = Transition {
        id: "8f252166-c53c-435e-8354-e69649537a0f".into(),
        operation: "Force-Off".into(),
        created_at: "2023-02-08T23:42:32.047Z".into(),
        expires_at: "2023-02-09T23:42:32.047Z".into(),
        status: TransitionStatus::AbortSignaled,
        counts: TaskCounts {
            total: 2,
            new: 0,
            in_progress: 1,
            failed: 0,
            succeeded: 0,
            unsupported: 1,
        },
        tasks: vec![
            Task {
                xname: "x0c0s0b0n0".into(),
                status: Standing::InProgress,
                description: "Confirming successful transition, forceoff".into(),
                error: None,
            },
            Task {
                xname: "x0c0s0e0".into(),
                status: Standing::Unsupported,
                description: "Failed to achieve transition".into(),
                error: Some("No power control for component type NodeEnclosure".into()),
            },
        ],
    };
    assert_eq!(
        text(&transition).unwrap(),
        concat!(
            r#"{"transitionID":"8f252166-c53c-435e-8354-e69649537a0f","operation":"Force-Off","#,
            r#""createTime":"2023-02-08T23:42:32.047Z","automaticExpirationTime":"2023-02-09T23:42:32.047Z","#,
            r#""transitionStatus":"abort-signaled","#,
            r#""taskCounts":{"total":2,"new":0,"in-progress":1,"failed":0,"succeeded":0,"un-supported":1},"#,
            r#""tasks":[{"xname":"x0c0s0b0n0","taskStatus":"in-progress","#,
            r#""taskStatusDescription":"Confirming successful transition, forceoff"},"#,
            r#"{"xname":"x0c0s0e0","taskStatus":"unsupported","taskStatusDescription":"Failed to achieve transition","#,
            r#""error":"No power control for component type NodeEnclosure"}]}"#,
        )
    );
    assert_eq!(
        serde_json::from_str::<Transition>(&text(&transition).unwrap()).unwrap(),
        transition
    );
    let listed = Transition {
        tasks: Vec::new(),
        ..transition
    };
    assert!(!text(&listed).unwrap().contains("tasks"));
}

#[test]
fn an_unknown_component_has_null_transitions() {
    let unknown = PowerStatus {
        xname: "x9c0s0b0n0".into(),
        power_state: String::new(),
        management_state: String::new(),
        error: "Component not found in component map.".into(),
        supported_power_transitions: None,
        last_updated: String::new(),
    };
    assert_eq!(
        text(&unknown).unwrap(),
        concat!(
            r#"{"xname":"x9c0s0b0n0","powerState":"","managementState":"","error":"Component not found in component map.","#,
            r#""supportedPowerTransitions":null,"lastUpdated":""}"#,
        )
    );
}

#[test]
fn health_has_five_keys() {
    assert_eq!(
        text(&Health::good()).unwrap(),
        concat!(
            r#"{"KvStore":"connected, responsive","DistLocking":"connected, responsive","StateManager":"connected, responsive","#,
            r#""Vault":"connected, responsive","TaskRunner":"connected, responsive, local mode"}"#,
        )
    );
}

#[test]
fn a_request_without_a_deadline_does_not_name_one() {
    let request = TransitionRequest {
        operation: "on".into(),
        ..TransitionRequest::default()
    };
    assert_eq!(text(&request).unwrap(), r#"{"operation":"on","location":[]}"#);
}
