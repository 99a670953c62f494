//! Answer bodies: whole, endless, or cut in the middle.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Response, StatusCode};
use hyper::body::{Frame, SizeHint};

/// The size of one piece of an endless body.
const FILLER: &[u8] = &[b'x'; 16 * 1024];

/// An answer body.
#[derive(Debug)]
pub(crate) enum Body {
    /// All at once; absent when it was given out.
    Whole(Option<Bytes>),
    /// An open JSON string of this many bytes.
    Huge(u64),
    /// Promises `length` bytes, gives what there is, then cuts the connection.
    Torn { first: Option<Bytes>, length: u64 },
}

/// The connection is to be cut here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a fault rule cut the answer")]
pub(crate) struct Torn;

impl From<Infallible> for Torn {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl Body {
    pub(crate) fn whole(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self::Whole((!bytes.is_empty()).then_some(bytes))
    }

    pub(crate) fn empty() -> Self {
        Self::Whole(None)
    }

    /// The same body, torn in its middle. An empty one promises one byte.
    pub(crate) fn tear(self) -> Self {
        match self {
            Self::Whole(Some(bytes)) => {
                let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                Self::Torn {
                    first: Some(bytes.slice(..bytes.len() / 2)),
                    length,
                }
            }
            Self::Whole(None) | Self::Huge(_) => Self::Torn {
                first: None,
                length: 1,
            },
            torn @ Self::Torn { .. } => torn,
        }
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = Torn;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Torn>>> {
        let next = match self.get_mut() {
            Self::Whole(bytes) => bytes.take().map(Ok),
            Self::Huge(0) => None,
            Self::Huge(left) => {
                let piece = FILLER.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                *left = left.saturating_sub(u64::try_from(piece).unwrap_or(u64::MAX));
                Some(Ok(Bytes::from_static(FILLER).slice(..piece)))
            }
            Self::Torn { first, .. } => Some(first.take().ok_or(Torn)),
        };
        Poll::Ready(next.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None) | Self::Huge(0))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(length(bytes.as_ref())),
            Self::Huge(_) => SizeHint::default(),
            Self::Torn { length, .. } => SizeHint::with_exact(*length),
        }
    }
}

fn length(bytes: Option<&Bytes>) -> u64 {
    bytes.map_or(0, |bytes| u64::try_from(bytes.len()).unwrap_or(u64::MAX))
}

static ODATA_VERSION: HeaderName = HeaderName::from_static("odata-version");
static JSON: HeaderValue = HeaderValue::from_static("application/json");
static FOUR: HeaderValue = HeaderValue::from_static("4.0");

/// A JSON answer with the headers of Redfish.
pub(crate) fn json(status: StatusCode, body: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(Body::whole(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON.clone());
    response.headers_mut().insert(ODATA_VERSION.clone(), FOUR.clone());
    response
}

/// An answer without a body.
pub(crate) fn bare(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response.headers_mut().insert(ODATA_VERSION.clone(), FOUR.clone());
    response
}
