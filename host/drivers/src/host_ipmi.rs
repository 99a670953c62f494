//! The import `ipmi`: commands to the one BMC of the call, under the transport's rules.

use std::sync::Arc;

use switchyard_transport::Fault;
use switchyard_transport::ipmi::{Message, Reply};

use crate::bindings::v0_1::{faults, ipmi};
use crate::state::CallState;

type Answer = wasmtime::Result<Result<ipmi::Reply, faults::Fault>>;

impl ipmi::Host for CallState {
    async fn read(&mut self, message: ipmi::Message) -> Answer {
        if let Some(refusal) = self.count() {
            return Ok(Err(refused(refusal)));
        }
        self.pause_cpu()?;
        let reply = self
            .controller
            .ipmi_read(Message::from(message), &self.scope)
            .await;
        Ok(self.reply(reply))
    }

    async fn change(&mut self, message: ipmi::Message) -> Answer {
        let Some(permit) = self.permit.clone() else {
            return Ok(Err(refused("this call has no permit to change anything")));
        };
        if let Some(refusal) = self.count() {
            return Ok(Err(refused(refusal)));
        }
        self.pause_cpu()?;
        let controller = Arc::clone(&self.controller);
        let reply = controller
            .ipmi_change(Message::from(message), permit, &self.scope)
            .await;
        Ok(self.reply(reply))
    }
}

impl CallState {
    fn reply(&mut self, reply: Result<Reply, Fault>) -> Result<ipmi::Reply, faults::Fault> {
        self.cpu.resume();
        reply.map(Into::into).map_err(|fault| self.nameless(fault))
    }
}

fn refused(rule: impl Into<String>) -> faults::Fault {
    Fault::refused(rule).into()
}
