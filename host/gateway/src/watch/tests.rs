use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::config;

const MIB: u64 = 1024 * 1024;

fn store() -> config::Store {
    config::Store {
        path: "/var/lib/switchyard/switchyard.db".into(),
        free_min_mib: 100,
        free_warn_mib: 200,
    }
}

#[test]
fn a_disk_warns_first_and_is_full_then() {
    let free = Arc::new(AtomicU64::new(0));
    let probe = Arc::clone(&free);
    let disk = Disk::measured_by(&store(), Box::new(move |_| Ok(probe.load(Ordering::Relaxed))));
    let room = |mib: u64| {
        free.store(mib * MIB, Ordering::Relaxed);
        disk.look()
    };
    assert_eq!(room(200), Room::Enough);
    assert!(matches!(room(199), Room::Short(reason) if reason.contains("199 MiB")));
    assert!(matches!(room(100), Room::Short(_)));
    assert!(matches!(room(99), Room::Full(reason) if reason.contains("store.free_min_mib = 100")));
}

#[test]
fn a_disk_that_cannot_be_measured_refuses_nothing() {
    let disk = Disk::measured_by(&store(), Box::new(|_| Err(io::Error::other("no such device"))));
    assert!(matches!(disk.look(), Room::Unknown(reason) if reason.contains("no such device")));
}

#[test]
fn the_disk_of_a_folder_has_room() {
    let folder = tempfile::tempdir().unwrap();
    assert!(free_bytes(folder.path()).unwrap() > 0);
    assert!(free_bytes(&folder.path().join("gone")).is_err());
}
