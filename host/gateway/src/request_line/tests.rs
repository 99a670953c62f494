use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::shortener::{Error, Shortener};
use super::*;

const PATHS: [&str; 2] = ["/power-status", "/v1/power-status"];
const HEADERS: &str = "host: a\r\n\r\n";

fn lines() -> LongLines {
    LongLines::new(PATHS.map(str::to_owned).to_vec())
}

/// A query of so many bytes.
fn query(bytes: usize) -> String {
    let mut query = "xname=x0c0s0b0n0&".repeat(bytes / 17 + 1);
    query.truncate(bytes);
    query
}

fn get(path: &str, query: &str) -> String {
    format!("GET {path}?{query} HTTP/1.1\r\n{HEADERS}")
}

/// What comes out of these pieces, as a text in which each ticket is replaced by what it stands for.
fn shortened<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<String, Error> {
    let lines = lines();
    let mut shortener = Shortener::new(lines.clone());
    let mut output = Vec::new();
    for piece in pieces {
        shortener.take(piece, &mut output)?;
    }
    shortener.end(&mut output);
    Ok(opened(&lines, &output))
}

fn opened(lines: &LongLines, output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    let word = |word: &str| {
        let query = word.split_once('?').map_or("", |(_, query)| query);
        match lines.take(query) {
            None => word.to_owned(),
            Some(LongLine::Query(query)) => format!("<{} bytes>", query.as_str().len()),
            Some(LongLine::Refused(why)) => format!("<{why:?}>"),
        }
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn whole(input: &str) -> String {
    shortened([input.as_bytes()]).unwrap()
}

#[test]
fn the_query_of_an_over_long_power_status_is_taken_out() {
    let lines = lines();
    let mut shortener = Shortener::new(lines.clone());
    let mut output = Vec::new();
    let sent = query(200_000);
    shortener
        .take(get("/v1/power-status", &sent).as_bytes(), &mut output)
        .unwrap();
    let text = String::from_utf8(output).unwrap();
    assert!(text.len() < 150, "{text}");
    let target = text.split(' ').nth(1).unwrap();
    let (path, ticket) = target.split_once('?').unwrap();
    assert_eq!(path, "/v1/power-status");
    let Some(LongLine::Query(taken)) = lines.take(ticket) else {
        panic!("no query behind {ticket}");
    };
    assert_eq!(taken.as_str(), sent);
    assert!(lines.take(ticket).is_none(), "a ticket is good once");
    assert!(text.ends_with(&format!(" HTTP/1.1\r\n{HEADERS}")));
}

#[test]
fn what_fits_into_a_uri_passes_as_it_came() {
    let fits = query(TARGET_MAX_BYTES - "/power-status?".len());
    let longer = format!("{fits}0");
    assert_eq!(whole(&get("/power-status", &fits)), get("/power-status", &fits));
    assert_eq!(
        whole(&get("/power-status", &longer)),
        format!("GET <{} bytes> HTTP/1.1\r\n{HEADERS}", longer.len())
    );
    let ordinary = "\r\nPOST /transitions HTTP/1.1\r\ncontent-length: 4\r\n\r\nGET GET / HTTP/1.1\n\n";
    assert_eq!(whole(ordinary), ordinary);
}

#[test]
fn any_other_over_long_line_is_refused_in_its_turn() {
    let long = query(70_000);
    let refused = |input: String| whole(&input);
    let answer = format!("<TooLong> HTTP/1.1\r\n{HEADERS}");
    assert_eq!(refused(get("/v2/components", &long)), format!("GET {answer}"));
    assert_eq!(refused(get("/power-status/", &long)), format!("GET {answer}"));
    let posted = get("/power-status", &long).replacen("GET", "POST", 1);
    assert_eq!(refused(posted), format!("POST {answer}"));
    assert_eq!(
        refused(format!("GET /{long} HTTP/1.1\r\n{HEADERS}")),
        format!("GET {answer}"),
        "a path that is too long"
    );
    let longest = query(LINE_MAX_BYTES + 1);
    let two = format!("{}{}", get("/power-status", &longest), get("/health", "a"));
    assert_eq!(refused(two), format!("GET {answer}{}", get("/health", "a")));
    assert_eq!(
        refused(get("/power-status", &long).replacen("xname", "\u{e9}", 1)),
        format!("GET <Malformed> HTTP/1.1\r\n{HEADERS}")
    );
}

#[test]
fn the_path_of_a_refused_request_says_which_version_answers() {
    let lines = lines();
    let mut shortener = Shortener::new(lines);
    let mut output = Vec::new();
    let sent = get("/v2/components", &query(70_000));
    shortener.take(sent.as_bytes(), &mut output).unwrap();
    assert!(output.starts_with(b"GET /v2/components?"));
}

#[test]
fn only_so_many_queries_are_in_memory() {
    let lines = lines();
    let sent = get("/power-status", &query(70_000));
    let held: Vec<_> = (0..LONG_QUERIES_MAX)
        .map(|_| {
            let mut shortener = Shortener::new(lines.clone());
            let mut output = Vec::new();
            shortener.take(sent.as_bytes(), &mut output).unwrap();
            (shortener, output)
        })
        .collect();
    let busy = || {
        let mut output = Vec::new();
        let mut shortener = Shortener::new(lines.clone());
        shortener.take(sent.as_bytes(), &mut output).unwrap();
        opened(&lines, &output).contains("<Busy>")
    };
    assert!(busy());
    drop(held);
    assert!(!busy(), "what nobody asked for is forgotten with its connection");
}

#[test]
fn no_more_is_taken_of_one_connection_than_a_client_sends() {
    let mut shortener = Shortener::new(lines());
    let sent = get("/power-status", &query(70_000)).repeat(5);
    let refused = shortener.take(sent.as_bytes(), &mut Vec::new());
    assert!(matches!(refused, Err(Error::TooMany)), "{refused:?}");
    let endless = vec![b'a'; DISCARD_MAX_BYTES + 1];
    let refused = Shortener::new(lines()).take(&endless, &mut Vec::new());
    assert!(matches!(refused, Err(Error::Endless)), "{refused:?}");
}

#[test]
fn a_ticket_from_outside_is_none() {
    let lines = lines();
    for forged in [
        "switchyard-long-line=00000000000000000000000000000000",
        "switchyard-long-line=",
        "xname=a",
        "",
    ] {
        assert!(lines.take(forged).is_none());
    }
}

#[test]
fn bodies_are_no_requests() {
    let long = get("/power-status", &query(70_000));
    let length = format!("POST / HTTP/1.1\r\ncontent-length: {}\r\n\r\n{long}", long.len());
    assert_eq!(whole(&length), length);
    let chunks = format!(
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{:x};a=b\r\n{long}\r\n0\r\ntrailer: a\r\n\r\n",
        long.len()
    );
    assert_eq!(whole(&chunks), chunks);
    let then = format!("{chunks}{long}");
    assert!(
        whole(&then).contains("<70000 bytes>"),
        "the next request is one again"
    );
}

#[test]
fn where_requests_begin_is_never_guessed() {
    let long = get("/power-status", &query(70_000));
    for head in [
        "POST / HTTP/1.1\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\na",
        "POST / HTTP/1.1\r\ncontent-length: +1\r\n\r\na",
        "POST / HTTP/1.1\r\ntransfer-encoding: gzip, chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: a\r\n content-length: 9\r\n\r\n",
        "POST / HTTP/1.1\r\ncontent-length : 9\r\n\r\n",
        "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1\n",
        "GET / HTTP/1.1\r\nupgrade: websocket\r\n\r\n",
        "CONNECT a:1 HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET  / HTTP/1.1\r\n\r\n",
        "GET / a HTTP/1.1\r\n\r\n",
    ] {
        let sent = format!("{head}{long}");
        assert!(whole(&sent) == sent, "{head:?}");
    }
}

#[test]
fn what_is_no_request_is_left_to_the_library() {
    let garbage = "\u{1}".repeat(100_000);
    let out = whole(&format!("{garbage}\r\n{HEADERS}"));
    assert!(
        out.len() < 2_000 && out.starts_with('\u{1}'),
        "{} bytes",
        out.len()
    );
    assert_eq!(whole("GET /po"), "GET /po", "a client that goes away");
    assert_eq!(
        shortened([get("/power-status", &query(70_000))
            .get(..69_000)
            .unwrap()
            .as_bytes()])
        .unwrap(),
        ""
    );
}

/// One request: what is ordinary, and what is not.
fn request() -> impl Strategy<Value = String> {
    let path = prop_oneof![Just("/power-status"), Just("/v1/power-status"), Just("/v2/tasks")];
    prop_oneof![
        3 => (path, 0_usize..40).prop_map(|(path, length)| get(path, &query(length))),
        2 => (0_usize..60).prop_map(|length| {
            format!("POST /a HTTP/1.1\r\nContent-Length: {length}\r\n\r\n{}", "GET \r\n".repeat(10).get(..length).unwrap())
        }),
        2 => proptest::collection::vec(1_usize..30, 0..3).prop_map(|chunks| {
            let chunks: String = chunks.iter().flat_map(|length| [format!("{length:x}\r\n"), "\n".repeat(*length), "\r\n".to_owned()]).collect();
            format!("PUT /a HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n{chunks}0\r\n\r\n")
        }),
        1 => Just("\r\n".to_owned()),
        2 => (65_400_usize..65_700, any::<bool>()).prop_map(|(length, known)| {
            get(if known { "/power-status" } else { "/v2/tasks" }, &query(length))
        }),
        1 => "[ -~\r\n]{0,40}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_split_gives_the_same(
        requests in proptest::collection::vec(request(), 1..5),
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let input = requests.concat();
        prop_assume!(!input.is_empty());
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(input.len())).collect();
        places.sort_unstable();
        let mut pieces = Vec::new();
        let mut from = 0;
        for place in places {
            pieces.push(input.as_bytes().get(from..place).unwrap());
            from = place;
        }
        pieces.push(input.as_bytes().get(from..).unwrap());
        let (split, at_once) = (shortened(pieces), shortened([input.as_bytes()]));
        prop_assert_eq!(split.map_err(|error| error.to_string()), at_once.map_err(|error| error.to_string()));
    }

    #[test]
    fn ordinary_traffic_passes_byte_by_byte(bytes in proptest::collection::vec(any::<u8>(), 0..3_000)) {
        let mut shortener = Shortener::new(lines());
        let mut output = Vec::new();
        for piece in bytes.chunks(7) {
            shortener.take(piece, &mut output).unwrap();
        }
        shortener.end(&mut output);
        prop_assert_eq!(output, bytes);
    }
}

#[tokio::test(start_paused = true)]
async fn who_sends_slowly_is_cut_off() {
    for begun in ["GET /power-sta", "GET / HTTP/1.1\r\nhost: a\r\n"] {
        let (mut client, server) = tokio::io::duplex(1 << 20);
        let mut server = ShortLines::new(server, lines(), None);
        client.write_all(begun.as_bytes()).await.unwrap();
        let begin = tokio::time::Instant::now();
        let error = server.read_to_end(&mut Vec::new()).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
        assert_eq!(begin.elapsed(), HEAD_WITHIN);
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_between_requests_is_not() {
    let (mut client, server) = tokio::io::duplex(1 << 20);
    let mut server = ShortLines::new(server, lines(), None);
    let pause = HEAD_WITHIN * 3 / 4;
    let sender = tokio::spawn(async move {
        for _ in 0..3 {
            client.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
            tokio::time::sleep(pause).await;
            client.write_all(b"\r\n").await.unwrap();
            tokio::time::sleep(HEAD_WITHIN * 2).await;
        }
    });
    let mut read = Vec::new();
    server.read_to_end(&mut read).await.unwrap();
    assert_eq!(read, b"GET / HTTP/1.1\r\n\r\n".repeat(3));
    sender.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_connection_on_which_nothing_happens_is_closed() {
    let (mut client, server) = tokio::io::duplex(1 << 20);
    let mut server = ShortLines::new(server, lines(), None);
    let begin = tokio::time::Instant::now();
    let used = HEAD_WITHIN / 2;
    let talk = async {
        tokio::time::sleep(used).await;
        client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        std::future::pending::<()>().await;
    };
    let error = tokio::select! {
        error = async { server.read_to_end(&mut Vec::new()).await.unwrap_err() } => error,
        () = talk => unreachable!(),
    };
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    assert_eq!(begin.elapsed(), used + IDLE_WITHIN);
}

#[tokio::test(start_paused = true)]
async fn who_sends_nothing_at_all_is_cut_off_sooner() {
    let (_client, server) = tokio::io::duplex(1 << 20);
    let mut server = ShortLines::new(server, lines(), None);
    let begin = tokio::time::Instant::now();
    server.read_to_end(&mut Vec::new()).await.unwrap_err();
    assert_eq!(begin.elapsed(), HEAD_WITHIN);
}

#[tokio::test(start_paused = true)]
async fn who_is_sent_something_now_and_then_stays() {
    let (mut client, server) = tokio::io::duplex(1 << 20);
    client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let (mut reading, mut writing) = tokio::io::split(ShortLines::new(server, lines(), None));
    let beats = async {
        for _ in 0..4 {
            tokio::time::sleep(IDLE_WITHIN * 2 / 3).await;
            writing.write_all(b"beat").await.unwrap();
        }
    };
    tokio::select! {
        ended = async { reading.read_to_end(&mut Vec::new()).await } => panic!("{ended:?}"),
        () = beats => {}
    }
    drop(client);
}

#[tokio::test]
async fn connections_beyond_the_most_wait_for_a_place() {
    use axum::serve::Listener as _;
    let tcp = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = tcp.local_addr().unwrap();
    let mut listener = ShortLinesListener::with_places(tcp, lines(), 2);
    let _clients = [
        tokio::net::TcpStream::connect(address).await.unwrap(),
        tokio::net::TcpStream::connect(address).await.unwrap(),
        tokio::net::TcpStream::connect(address).await.unwrap(),
    ];
    let first = listener.accept().await;
    let _second = listener.accept().await;
    let mut nowhere = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(
        std::pin::pin!(listener.accept())
            .as_mut()
            .poll(&mut nowhere)
            .is_pending()
    );
    drop(first);
    listener.accept().await;
}

#[tokio::test]
async fn queries_outlive_their_connection_while_they_are_read() {
    let lines = lines();
    let (mut client, server) = tokio::io::duplex(1 << 20);
    let mut server = ShortLines::new(server, lines.clone(), None);
    client
        .write_all(get("/power-status", &query(70_000)).as_bytes())
        .await
        .unwrap();
    let mut head = vec![0; 80];
    server.read_exact(&mut head).await.unwrap();
    let text = String::from_utf8(head).unwrap();
    let ticket = text.split(['?', ' ']).nth(2).unwrap();
    let Some(LongLine::Query(taken)) = lines.take(ticket) else {
        panic!("no query behind {text}");
    };
    drop(server);
    assert_eq!(taken.as_str().len(), 70_000);
    let room: Vec<_> = std::iter::from_fn(|| lines.room()).collect();
    assert_eq!(room.len(), LONG_QUERIES_MAX - 1);
    drop((taken, room));
    assert!(lines.room().is_some());
}
