use super::*;

/// The smallest component, and one byte more of custom section for each `n`.
fn component(n: u8) -> Vec<u8> {
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    bytes.extend([0, 3, 1, b'n', n]);
    bytes
}

fn engine() -> Engine {
    Engine::new(&wasmtime::Config::new()).unwrap()
}

struct Bench {
    _top: tempfile::TempDir,
    folder: PathBuf,
    engine: Engine,
}

impl Bench {
    fn new() -> Self {
        let top = tempfile::tempdir().unwrap();
        Self {
            folder: top.path().join("aot"),
            _top: top,
            engine: engine(),
        }
    }

    fn open(&self) -> AotCache {
        AotCache::open(&self.folder).unwrap()
    }

    /// Whether the component came from the cache.
    fn cached(&self, cache: &AotCache, n: u8) -> bool {
        cache.component(&self.engine, &component(n)).unwrap().1.cached
    }

    fn entries(&self) -> Vec<PathBuf> {
        fs::read_dir(&self.folder)
            .unwrap()
            .map(|file| file.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == EXTENSION))
            .collect()
    }
}

#[test]
fn code_is_kept_over_a_restart() {
    let bench = Bench::new();
    assert!(!bench.cached(&bench.open(), 1));
    assert!(bench.cached(&bench.open(), 1));
    assert!(!bench.cached(&bench.open(), 2));
}

#[test]
fn every_changed_byte_is_seen_before_the_code_is_loaded() {
    let bench = Bench::new();
    let cache = bench.open();
    assert!(!bench.cached(&cache, 1));
    let [path] = bench.entries().try_into().unwrap();
    let whole = fs::read(&path).unwrap();
    let last = whole.len() - 1;
    for at in [0, MAGIC.len(), MAGIC.len() + MAC_BYTES, last / 2, last] {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        fs::write(&path, changed).unwrap();
        assert!(!bench.cached(&cache, 1), "byte {at}");
    }
    fs::write(&path, &whole[..last]).unwrap();
    assert!(!bench.cached(&cache, 1), "a byte is missing");
    assert!(bench.cached(&cache, 1), "it was written anew");
}

#[test]
fn an_entry_of_another_cache_or_component_is_not_taken() {
    let (bench, other) = (Bench::new(), Bench::new());
    assert!(!bench.cached(&bench.open(), 1));
    assert!(!other.cached(&other.open(), 1));
    let ([mine], [foreign]) = (
        bench.entries().try_into().unwrap(),
        other.entries().try_into().unwrap(),
    );
    fs::copy(&foreign, &mine).unwrap();
    assert!(!bench.cached(&bench.open(), 1), "it was made under another key");
    let cache = bench.open();
    let elsewhere = Entry::of(&bench.engine, &component(2)).file_name();
    fs::copy(&mine, bench.folder.join(elsewhere)).unwrap();
    assert!(!bench.cached(&cache, 2), "it belongs to another component");
}

#[test]
fn a_lost_key_makes_everything_anew() {
    let bench = Bench::new();
    assert!(!bench.cached(&bench.open(), 1));
    fs::write(bench.folder.join(KEY_FILE), "short").unwrap();
    assert!(!bench.cached(&bench.open(), 1));
    assert!(bench.cached(&bench.open(), 1));
}

#[test]
fn what_was_used_longest_ago_is_removed_first() {
    let bench = Bench::new();
    let mut cache = bench.open();
    assert!(!bench.cached(&cache, 1));
    let size = fs::metadata(&bench.entries()[0]).unwrap().len();
    cache.bytes_max = 2 * size + size / 2;
    for n in 2..=3 {
        assert!(!bench.cached(&cache, n));
        // Times of use that do not depend on how fine the clock of the file system is.
        for (age, n) in (1..=n).rev().enumerate() {
            let path = bench
                .folder
                .join(Entry::of(&bench.engine, &component(n)).file_name());
            if let Ok(file) = File::options().write(true).open(path) {
                let age = Duration::from_secs(age as u64 * 60);
                file.set_modified(SystemTime::now() - age).unwrap();
            }
        }
    }
    assert_eq!(bench.entries().len(), 2);
    assert!(!bench.cached(&cache, 1), "the oldest went");
    assert!(bench.cached(&cache, 3));
}

#[test]
fn what_a_killed_process_was_writing_is_removed_and_what_another_writes_stays() {
    let bench = Bench::new();
    drop(bench.open());
    let [left, written] = ["left", "written"].map(|name| {
        let path = bench.folder.join(format!("{name}{}", private::UNFINISHED));
        fs::write(&path, "half").unwrap();
        path
    });
    let file = File::options().write(true).open(&left).unwrap();
    file.set_modified(SystemTime::now() - WRITING_MAX).unwrap();
    drop(bench.open());
    assert!(!left.exists());
    assert!(written.exists());
}

#[test]
fn services_that_start_at_once_share_one_folder() {
    for _ in 0..20 {
        let bench = Bench::new();
        let caches: Vec<AotCache> = std::thread::scope(|scope| {
            let starting: Vec<_> = (0..8).map(|_| scope.spawn(|| bench.open())).collect();
            starting.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert!(!bench.cached(&caches[0], 1));
        for cache in &caches {
            assert!(bench.cached(cache, 1), "one key serves all");
        }
    }
}
