//! The four calls. What SMD answers is compared with what was asked: an id that it does not know is in neither of its lists.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use http::StatusCode;
use switchyard_core::reservation::Reason;
use switchyard_core::{Cause, ComponentId, Failure, Timestamp};
use switchyard_store::Key;

use super::message::{Change, Changed, Check, Checked, Create, Created, Keyed};
use super::{CALL_WITHIN, IDS_MAX};
use crate::smd::{Call, Client, ComponentIds, Error};
use crate::telemetry::{Chain, metrics};

/// Why SMD did not do what was asked.
pub(super) struct Away {
    /// In words for people.
    pub(super) failure: Failure,
    /// Whether it may have been done all the same.
    pub(super) maybe_done: bool,
    /// Whether SMD takes the request itself for wrong.
    pub(super) wrong: Option<String>,
}

impl Away {
    fn of(error: &Error) -> Self {
        let wrong = match error {
            Error::Refused {
                status: StatusCode::BAD_REQUEST,
                detail,
                ..
            } => Some(detail.clone()),
            _ => None,
        };
        let maybe_done = match error {
            Error::Unreachable { source, .. } => !source.is_connect(),
            Error::Refused { status, .. } => status.is_server_error(),
            Error::Timeout { .. } | Error::TooLarge { .. } | Error::Body { .. } => true,
            Error::Token { .. } => false,
        };
        Self {
            failure: away(&Chain(error)),
            maybe_done,
            wrong,
        }
    }

    fn late() -> Self {
        Self {
            failure: away(&format_args!("no answer within {} s", CALL_WITHIN.as_secs())),
            maybe_done: true,
            wrong: None,
        }
    }
}

fn away(why: &dyn std::fmt::Display) -> Failure {
    Failure::new(Cause::Smd, format!("SMD is away: {why}"))
}

/// What came of asking for a component.
pub(super) enum Had {
    /// It is ours, with its key and the deputy key.
    Ours(Key, Key),
    /// It is not.
    Refused(Reason),
}

/// What came of a check.
pub(super) enum Validity {
    /// The key is valid, until then if that is known.
    Valid(Option<Timestamp>),
    /// It is not.
    Invalid,
}

async fn timed<T>(call: Call, calling: impl Future<Output = Result<T, Error>>) -> Result<T, Away> {
    let begun = Instant::now();
    let ended = tokio::time::timeout(CALL_WITHIN, calling).await;
    metrics::reservation_call(call.name(), begun.elapsed());
    match ended {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(Away::of(&error)),
        Err(_) => Err(Away::late()),
    }
}

/// Asks for components, at most [`IDS_MAX`].
pub(super) async fn create(client: &Client, ids: &[ComponentId]) -> Result<HashMap<ComponentId, Had>, Away> {
    let Some(asked) = ComponentIds::new(ids.to_vec()) else {
        return Ok(HashMap::new());
    };
    let body = Create::new(asked);
    let answer: Created = timed(Call::Reserve, client.post(Call::Reserve, &body)).await?;
    let mut had: HashMap<String, Had> = HashMap::with_capacity(ids.len());
    for new in answer.success.unwrap_or_default() {
        let keys = Had::Ours(Key::new(new.reservation_key), Key::new(new.deputy_key));
        had.insert(new.id, keys);
    }
    for refused in answer.failure.unwrap_or_default() {
        had.insert(refused.id, Had::Refused(Reason::of_smd(&refused.reason)));
    }
    Ok(ids
        .iter()
        .map(|id| {
            let answered = had.remove(id.as_str());
            (id.clone(), answered.unwrap_or(Had::Refused(Reason::NotFound)))
        })
        .collect())
}

/// Whether deputy keys are valid, in their order.
pub(super) async fn check(
    client: &Client,
    keys: &[(ComponentId, Key)],
    now: Timestamp,
) -> Result<Vec<Validity>, Away> {
    let mut answers = Vec::with_capacity(keys.len());
    for piece in keys.chunks(IDS_MAX) {
        let keyed: Vec<Keyed<'_>> = piece.iter().map(|(id, key)| Keyed { id, key }).collect();
        let body = Check { deputy_keys: &keyed };
        let call = Call::CheckReservations;
        let answer: Checked = timed(call, client.post(call, &body)).await?;
        let valid: HashMap<(String, String), Option<String>> = answer
            .success
            .unwrap_or_default()
            .into_iter()
            .map(|valid| ((valid.id, valid.deputy_key), valid.expiration_time))
            .collect();
        answers.extend(piece.iter().map(|(id, key)| {
            // SMD says so of an expired reservation too, until it has cleaned up.
            match valid.get(&(id.to_string(), key.expose().to_owned())) {
                None => Validity::Invalid,
                Some(None) => Validity::Valid(None),
                Some(Some(text)) => match timestamp(text) {
                    Some(end) if end > now => Validity::Valid(Some(end)),
                    _ => Validity::Invalid,
                },
            }
        }));
    }
    Ok(answers)
}

/// Batches in a row that SMD may take for wrong before that is taken for its answer to everything. One key is found in ten.
const IN_VAIN_MAX: u32 = 64;

/// The same where callers brought the keys: a batch that SMD takes for wrong is split, until the key that spoils it is alone and invalid.
pub(super) async fn check_each(
    client: &Client,
    keys: &[(ComponentId, Key)],
    now: Timestamp,
) -> Result<Vec<Validity>, Away> {
    let mut answers = Vec::with_capacity(keys.len());
    let mut pieces: Vec<&[(ComponentId, Key)]> = keys.chunks(IDS_MAX).rev().collect();
    let mut in_vain = 0;
    while let Some(piece) = pieces.pop() {
        match check(client, piece, now).await {
            Ok(checked) => {
                in_vain = 0;
                answers.extend(checked);
            }
            Err(away) if away.wrong.is_none() || in_vain == IN_VAIN_MAX => return Err(away),
            Err(_) if piece.len() > 1 => {
                in_vain += 1;
                let (one, other) = piece.split_at(piece.len() / 2);
                pieces.extend([other, one]);
            }
            Err(_) => answers.push(Validity::Invalid),
        }
    }
    Ok(answers)
}

fn timestamp(text: &str) -> Option<Timestamp> {
    let at: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp::from_millis(at.as_millisecond()))
}

/// Renews reservations, at most [`IDS_MAX`], and gives those that are still there.
pub(super) async fn renew(client: &Client, keys: &[(ComponentId, Key)]) -> Result<HashSet<String>, Away> {
    let keyed: Vec<Keyed<'_>> = keys.iter().map(|(id, key)| Keyed { id, key }).collect();
    let call = Call::RenewReservations;
    let body = Change::renew(&keyed);
    let answer: Changed = timed(call, client.post(call, &body)).await?;
    let ids = answer.success.and_then(|done| done.ids);
    Ok(ids.unwrap_or_default().into_iter().collect())
}

/// Gives reservations back, at most [`IDS_MAX`]. One that is not there any more is given back too.
pub(super) async fn release(client: &Client, keys: &[(ComponentId, Key)]) -> Result<(), Away> {
    let keyed: Vec<Keyed<'_>> = keys.iter().map(|(id, key)| Keyed { id, key }).collect();
    let call = Call::ReleaseReservations;
    let body = Change::release(&keyed);
    let answered: Changed = timed(call, client.post(call, &body)).await?;
    drop(answered);
    Ok(())
}
