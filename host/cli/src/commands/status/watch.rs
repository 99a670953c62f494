//! `status -w`: what changes.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use switchyard_wire::v2::{Cells, Component};

use crate::arguments::{Form, Status};
use crate::commands::Context;
use crate::commands::live::live;
use crate::error::Error;
use crate::exit::Exit;
use crate::fleet::News;
use crate::output::Reader;
use crate::{output, render};

/// How a component looks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Look {
    state: String,
    available: bool,
}

impl Look {
    /// As words.
    fn words(&self) -> String {
        let state = render::plain(&self.state);
        if self.available {
            state
        } else {
            format!("{state} (unavailable)")
        }
    }
}

/// `status -w -o json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Change<'a> {
    at: &'a str,
    component: &'a str,
    state: &'a str,
    available: bool,
    before: Option<&'a str>,
}

/// Prints what changes from now on, until Ctrl-C.
pub(super) async fn run(
    context: &Context,
    status: &Status,
    found: &[Component],
    only_these: bool,
) -> Result<Exit, Error> {
    let looks = found.iter().map(|component| {
        let look = Look {
            state: component.state.clone(),
            available: component.available,
        };
        (component.id.clone(), look)
    });
    let mut watch = Watch {
        context,
        form: if status.json { Form::Json } else { status.output },
        looks: looks.collect(),
        only_these,
        ids: Vec::new(),
    };
    let open = async |_: Option<&str>| context.server.fleet_stream().await;
    live(open, |frame| match News::read(frame)? {
        Some(news) => watch.see(news),
        None => Ok(Reader::There),
    })
    .await
}

struct Watch<'a> {
    context: &'a Context,
    form: Form,
    looks: HashMap<String, Look>,
    /// Whether components that come later are of no interest.
    only_these: bool,
    /// The components by their index in the last snapshot.
    ids: Vec<String>,
}

impl Watch<'_> {
    fn see(&mut self, news: News) -> Result<Reader, Error> {
        let (at, rows): (String, Vec<(String, Cells)>) = match news {
            News::Snapshot(snapshot) => {
                self.ids = snapshot.rows.iter().map(|row| row.id.clone()).collect();
                let rows = snapshot.rows.into_iter().map(|row| (row.id, row.cells));
                (snapshot.at, rows.collect())
            }
            News::Delta(delta) => {
                let named = delta
                    .rows
                    .into_iter()
                    .filter_map(|row| Some((self.ids.get(row.index)?.clone(), row.cells)));
                (delta.at, named.collect())
            }
        };
        let mut changes: BTreeMap<(Option<Look>, Look), Vec<String>> = BTreeMap::new();
        for (id, cells) in rows {
            let look = Look {
                state: cells.state,
                available: cells.available,
            };
            let before = self.looks.get(&id);
            if before == Some(&look) || (before.is_none() && self.only_these) {
                continue;
            }
            let before = self.looks.insert(id.clone(), look.clone());
            changes.entry((before, look)).or_default().push(id);
        }
        self.tell(&at, &changes)
    }

    fn tell(&self, at: &str, changes: &BTreeMap<(Option<Look>, Look), Vec<String>>) -> Result<Reader, Error> {
        let mut reader = Reader::There;
        for ((before, now), ids) in changes {
            match self.form {
                Form::Json => {
                    for id in ids {
                        reader = output::json_line(&Change {
                            at,
                            component: id,
                            state: &now.state,
                            available: now.available,
                            before: before.as_ref().map(|before| before.state.as_str()),
                        })?;
                    }
                }
                Form::Name => reader = output::news(&ids.join("\n"))?,
                Form::Fold | Form::Wide => {
                    let before = before.as_ref().map_or_else(|| "new".to_owned(), Look::words);
                    let line = render::changes(at, &before, &now.words(), ids, self.context.output.data);
                    reader = output::news(&line)?;
                }
            }
        }
        Ok(reader)
    }
}
