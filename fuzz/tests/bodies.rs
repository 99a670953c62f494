//! The fuzz targets' bodies over random input.

use proptest::prelude::*;

/// A datagram with a header that is nearly right, behind its length.
fn datagram() -> impl Strategy<Value = Vec<u8>> {
    let head = prop_oneof![
        Just(Vec::new()),
        (0x00_u8..0x16).prop_map(|kind| vec![6, 0, 0xFF, 7, 6, kind, 0, 0, 0, 0, 0, 0, 0, 0]),
        Just(vec![
            6, 0, 0xFF, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0x81, 0x1C, 0x63, 0x20, 0, 0x38
        ]),
    ];
    (head, proptest::collection::vec(any::<u8>(), 0..100)).prop_map(|(mut datagram, bytes)| {
        datagram.extend(bytes);
        let length = u8::try_from(datagram.len()).unwrap_or(u8::MAX);
        datagram.insert(0, length);
        datagram
    })
}

proptest! {
    #[test]
    fn no_datagram_makes_rmcp_panic(datagrams in proptest::collection::vec(datagram(), 0..8)) {
        switchyard_fuzz::rmcp(&datagrams.concat());
    }

    #[test]
    fn no_bytes_make_rmcp_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        switchyard_fuzz::rmcp(&bytes);
    }

    #[test]
    fn no_header_makes_the_challenge_parser_panic(
        header in "(Digest|Basic|Negotiate)? ?([a-z]{1,5} ?= ?(\"([^\"]|\\\\.)*\"|[a-z0-9]*)[ ,]*){0,6}[,= \"\\\\a-z]{0,6}",
    ) {
        switchyard_fuzz::challenge(header.as_bytes());
    }

    #[test]
    fn no_bytes_make_the_challenge_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        switchyard_fuzz::challenge(&bytes);
    }
}
