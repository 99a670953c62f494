//! A fake host for native tests of driver logic.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};

use crate::{Call, Delivery, Fault, Http, Ipmi, Level, Message, Reason, Reply, Request, Response};

/// Queued replies, by network function and command.
type Replies = BTreeMap<(u8, u8), VecDeque<Result<Reply, Fault>>>;

/// Queued answers to queries, by a text that the query holds.
type Answers = Vec<(String, VecDeque<Result<Response, Fault>>)>;

/// A BMC and a host in one: answers reads from a table of paths, plays back queued answers to changes, and keeps what it was asked.
#[derive(Debug, Default)]
pub struct FakeHost {
    pages: RefCell<BTreeMap<String, Response>>,
    answers: RefCell<VecDeque<Result<Response, Fault>>>,
    reads: RefCell<Vec<String>>,
    asked: RefCell<Answers>,
    queries: RefCell<Vec<Request>>,
    changes: RefCell<Vec<Request>>,
    replies: RefCell<Replies>,
    commands: RefCell<Vec<Message>>,
    cache: RefCell<BTreeMap<String, Vec<u8>>>,
    settings: BTreeMap<String, String>,
    log: RefCell<Vec<String>>,
    now_ms: Cell<u64>,
}

impl FakeHost {
    /// A host whose BMC knows no path.
    pub fn new() -> Self {
        Self::default()
    }

    /// Serves `json` at `path`, whether or not the request ends in a slash.
    #[must_use]
    pub fn page(self, path: &str, json: &str) -> Self {
        self.put(path, answer(200, json));
        self
    }

    /// Serves an answer at `path` from now on.
    pub fn put(&self, path: &str, response: Response) {
        self.pages.borrow_mut().insert(trimmed(path), response);
    }

    /// Queues the answer to the next change. Without one a change is answered with 204.
    #[must_use]
    pub fn on_change(self, answer: Result<Response, Fault>) -> Self {
        self.answers.borrow_mut().push_back(answer);
        self
    }

    /// Queues the answer to a further change.
    pub fn answer_next(&self, answer: Result<Response, Fault>) {
        self.answers.borrow_mut().push_back(answer);
    }

    /// Lets time pass.
    pub fn pass(&self, ms: u64) {
        self.now_ms.set(self.now_ms.get() + ms);
    }

    /// Queues the answer to a query whose body holds `text`; of several texts the one given first counts. The last answer queued for a
    /// text is given again and again; a query without any is refused as not granted.
    #[must_use]
    pub fn on_query(self, text: &str, answer: Result<Response, Fault>) -> Self {
        let mut asked = self.asked.borrow_mut();
        match asked.iter_mut().find(|(known, _)| known == text) {
            Some((_, queue)) => queue.push_back(answer),
            None => asked.push((text.to_owned(), VecDeque::from([answer]))),
        }
        drop(asked);
        self
    }

    /// The queries that were sent, in order.
    pub fn queries(&self) -> Vec<Request> {
        self.queries.borrow().clone()
    }

    /// Queues the reply to a command, by network function and command. The last one queued is given again and again; a command without
    /// any is answered with C1h, invalid command.
    #[must_use]
    pub fn on_command(self, netfn: u8, command: u8, reply: Result<Reply, Fault>) -> Self {
        self.replies
            .borrow_mut()
            .entry((netfn, command))
            .or_default()
            .push_back(reply);
        self
    }

    /// The IPMI commands that were sent, in order.
    pub fn commands(&self) -> Vec<Message> {
        self.commands.borrow().clone()
    }

    /// Makes a setting.
    #[must_use]
    pub fn with_setting(mut self, name: &str, value: &str) -> Self {
        self.settings.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The paths that were read, in order.
    pub fn reads(&self) -> Vec<String> {
        self.reads.borrow().clone()
    }

    /// The changes that were sent, in order.
    pub fn changes(&self) -> Vec<Request> {
        self.changes.borrow().clone()
    }

    /// The lines that were logged, in order.
    pub fn log_lines(&self) -> Vec<String> {
        self.log.borrow().clone()
    }
}

/// An answer with a JSON body.
pub fn answer(status: u16, json: &str) -> Response {
    Response {
        status,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: json.as_bytes().to_vec(),
    }
}

/// A reply to an IPMI command.
pub fn reply(completion: u8, data: &[u8]) -> Reply {
    Reply {
        completion,
        data: data.to_vec(),
    }
}

/// A fault of this reason.
pub fn fault(delivery: Delivery, reason: Reason, text: &str) -> Fault {
    Fault {
        delivery,
        reason,
        text: text.to_owned(),
    }
}

fn trimmed(path: &str) -> String {
    path.trim_end_matches('/').to_owned()
}

impl Http for FakeHost {
    fn read(&self, request: &Request) -> Result<Response, Fault> {
        self.reads.borrow_mut().push(request.path.clone());
        let page = self.pages.borrow().get(&trimmed(&request.path)).cloned();
        Ok(page.unwrap_or_else(|| {
            answer(
                404,
                r#"{"error":{"code":"Base.1.0.ResourceMissingAtURI","message":"missing"}}"#,
            )
        }))
    }

    fn query(&self, request: &Request) -> Result<Response, Fault> {
        self.queries.borrow_mut().push(request.clone());
        let body = String::from_utf8_lossy(&request.body);
        let mut asked = self.asked.borrow_mut();
        let queue = asked.iter_mut().find(|(text, _)| body.contains(text.as_str()));
        let answer = queue.and_then(|(_, queue)| match queue.len() {
            0 | 1 => queue.front().cloned(),
            _ => queue.pop_front(),
        });
        answer.unwrap_or_else(|| {
            let rule = "query is not granted";
            Err(fault(Delivery::NotSent, Reason::Refused(rule.to_owned()), rule))
        })
    }

    fn change(&self, request: &Request) -> Result<Response, Fault> {
        self.changes.borrow_mut().push(request.clone());
        self.answers
            .borrow_mut()
            .pop_front()
            .unwrap_or_else(|| Ok(answer(204, "")))
    }
}

impl Ipmi for FakeHost {
    fn ipmi_read(&self, message: &Message) -> Result<Reply, Fault> {
        self.commands.borrow_mut().push(message.clone());
        let mut replies = self.replies.borrow_mut();
        match replies.get_mut(&(message.netfn, message.command)) {
            Some(queue) if queue.len() > 1 => queue.pop_front().unwrap_or_else(|| Ok(reply(0xc1, &[]))),
            Some(queue) => queue.front().cloned().unwrap_or_else(|| Ok(reply(0xc1, &[]))),
            None => Ok(reply(0xc1, &[])),
        }
    }

    fn ipmi_change(&self, message: &Message) -> Result<Reply, Fault> {
        self.ipmi_read(message)
    }
}

impl Call for FakeHost {
    fn setting(&self, name: &str) -> Option<String> {
        self.settings.get(name).cloned()
    }

    fn cached(&self, key: &str) -> Option<Vec<u8>> {
        self.cache.borrow().get(key).cloned()
    }

    fn cache(&self, key: &str, value: &[u8], _ttl_ms: u32) {
        self.cache.borrow_mut().insert(key.to_owned(), value.to_vec());
    }

    fn now_ms(&self) -> u64 {
        self.now_ms.get()
    }

    fn remaining_ms(&self) -> u32 {
        60_000
    }

    fn sleep(&self, _ms: u32) -> bool {
        true
    }

    fn log(&self, _level: Level, text: &str) {
        self.log.borrow_mut().push(text.to_owned());
    }
}
