//! Installing what a command needs and the machine lacks.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result, read};
use crate::step::Step;
use crate::web_ui;
use crate::workspace::Workspace;

/// The target drivers are compiled for.
const DRIVER_TARGET: &str = "wasm32-wasip2";

/// Adds the compilation target of the drivers to the toolchain.
pub(crate) fn driver_target(workspace: &Workspace) -> Result<()> {
    let sysroot = Step::new(workspace, "the Rust toolchain", "rustc")
        .args(["--print", "sysroot"])
        .capture()?;
    if Path::new(sysroot.trim())
        .join("lib/rustlib")
        .join(DRIVER_TARGET)
        .is_dir()
    {
        return Ok(());
    }
    let words = [
        "target",
        "add",
        "--toolchain",
        &workspace.toolchain,
        DRIVER_TARGET,
    ];
    Step::new(workspace, "driver target", "rustup").args(words).run().inspect_err(|_| {
        println!("The drivers need the Rust target {DRIVER_TARGET}; without rustup, install it as your toolchain's vendor says.");
    })
}

/// The virtual environment with the Python programs that tests talk to, made when it is not there yet.
pub(crate) fn test_peers(workspace: &Workspace) -> Result<PathBuf> {
    virtual_environment(workspace, &workspace.root.join("tests/e2e/requirements.txt"))
}

/// A virtual environment with what a file of requirements names, made when it is not there yet.
///
/// Its name carries the hash of the requirements, so a change of them makes a new one; the marker file is
/// written last, so one that was cut short is made again.
pub(crate) fn virtual_environment(workspace: &Workspace, requirements: &Path) -> Result<PathBuf> {
    let text = read(requirements)?;
    let venv = workspace
        .cache
        .join(format!("venv-{:016x}", fnv1a(text.as_bytes())));
    let complete = venv.join("complete");
    let _held = lock(workspace, "venv.lock")?;
    if complete.exists() {
        return Ok(venv);
    }
    python(workspace)?;
    Step::new(workspace, "Python environment", "python3")
        .args(["-m", "venv", "--clear"])
        .args([&venv])
        .run()?;
    Step::new(workspace, "Python environment", venv.join("bin/python"))
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--requirement",
        ])
        .args([requirements])
        .run()
        .map_err(|_| Error::Peers(requirements.to_owned()))?;
    File::create(&complete).map_err(Error::file(&complete))?;
    Ok(venv)
}

/// The npm packages that the lock file of a folder names, installed in the cache when they are not there yet. No script of a package
/// is run.
pub(crate) fn npm_packages(workspace: &Workspace, folder: &Path) -> Result<PathBuf> {
    const FILES: [&str; 2] = ["package.json", "package-lock.json"];
    let lock_file = read(&folder.join("package-lock.json"))?;
    let tools = workspace
        .cache
        .join(format!("npm-{:016x}", fnv1a(lock_file.as_bytes())));
    let complete = tools.join("complete");
    let _held = lock(workspace, "npm.lock")?;
    if complete.exists() {
        return Ok(tools);
    }
    web_ui::node(workspace)?;
    std::fs::create_dir_all(&tools).map_err(Error::file(&tools))?;
    for name in FILES {
        let file = folder.join(name);
        std::fs::copy(&file, tools.join(name)).map_err(Error::file(&file))?;
    }
    Step::new(workspace, "npm packages", "npm")
        .args(["--silent", "--prefix"])
        .args([&tools])
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .run()?;
    File::create(&complete).map_err(Error::file(&complete))?;
    Ok(tools)
}

/// Keeps others from installing at the same time, until the file is dropped.
fn lock(workspace: &Workspace, name: &str) -> Result<File> {
    std::fs::create_dir_all(&workspace.cache).map_err(Error::file(&workspace.cache))?;
    let path = workspace.cache.join(name);
    let file = File::create(&path).map_err(Error::file(&path))?;
    file.lock().map_err(Error::file(&path))?;
    Ok(file)
}

/// Python with `venv`: on Debian and its kin a package of its own, installed when this runs as root.
pub(crate) fn python(workspace: &Workspace) -> Result<()> {
    let usable = || {
        Step::new(workspace, "python", "python3")
            .args(["-c", "import ensurepip, sqlite3, venv"])
            .succeeds()
    };
    if usable() {
        return Ok(());
    }
    apt_install(workspace, "python", &["python3", "python3-venv"])?;
    if usable() {
        return Ok(());
    }
    let remedy =
        "install the packages python3 and python3-venv, or run this as root where apt-get is".to_owned();
    Err(Error::Missing {
        what: "Python 3 with its venv module".to_owned(),
        remedy,
    })
}

/// The browser in which the dashboard is tested: Debian's Chromium, installed when this runs as root. Returns its path.
pub(crate) fn browser(workspace: &Workspace) -> Result<PathBuf> {
    let path = PathBuf::from("/usr/bin/chromium");
    if !path.exists() {
        apt_install(workspace, "browser", &["chromium"])?;
    }
    if path.exists() {
        return Ok(path);
    }
    Err(Error::Missing {
        what: format!("Chromium ({})", path.display()),
        remedy: "install the package chromium, or run this as root where apt-get is".to_owned(),
    })
}

/// The programs that speak IPMI, which the simulator is checked with and the service is compared with: `ipmitool`,
/// `ipmipower` and `ipmi_sim`, installed when this runs as root.
pub(crate) fn ipmi_programs(workspace: &Workspace) -> Result<()> {
    const PROGRAMS: [&str; 3] = ["/usr/bin/ipmitool", "/usr/sbin/ipmipower", "/usr/bin/ipmi_sim"];
    const PACKAGES: [&str; 3] = ["ipmitool", "freeipmi-tools", "openipmi"];
    let missing = || PROGRAMS.iter().find(|program| !Path::new(program).exists());
    if missing().is_some() {
        apt_install(workspace, "IPMI programs", &PACKAGES)?;
    }
    match missing() {
        None => Ok(()),
        Some(program) => Err(Error::Missing {
            what: (*program).to_owned(),
            remedy: format!(
                "install the packages {}, or run this as root where apt-get is",
                PACKAGES.join(", ")
            ),
        }),
    }
}

/// OpenSSL with its headers, for the service's TLS with legacy controllers, and its program, which plays such controllers in tests.
/// Installed when this runs as root.
pub(crate) fn openssl(workspace: &Workspace) -> Result<()> {
    const PACKAGES: [&str; 3] = ["libssl-dev", "pkg-config", "openssl"];
    let usable = || {
        let headers = Step::new(workspace, "OpenSSL", "pkg-config")
            .args(["--exists", "openssl"])
            .succeeds();
        headers && Path::new("/usr/bin/openssl").exists()
    };
    if usable() {
        return Ok(());
    }
    apt_install(workspace, "OpenSSL", &PACKAGES)?;
    if usable() {
        return Ok(());
    }
    Err(Error::Missing {
        what: "OpenSSL with its headers".to_owned(),
        remedy: format!(
            "install the packages {}, or run this as root where apt-get is; to build without it, give cargo --no-default-features for switchyard-gateway",
            PACKAGES.join(", ")
        ),
    })
}

/// Installs packages of Debian and its kin, where that is possible; what is then still missing is for the caller to say.
fn apt_install(workspace: &Workspace, name: &str, packages: &[&str]) -> Result<()> {
    let apt = || Step::new(workspace, name, "apt-get").env("DEBIAN_FRONTEND", "noninteractive");
    if !rustix::process::geteuid().is_root() || !apt().args(["--version"]).succeeds() {
        return Ok(());
    }
    apt().args(["update", "-qq"]).run()?;
    apt()
        .args(["install", "-qq", "--yes", "--no-install-recommends"])
        .args(packages)
        .run()
}

/// 64-bit FNV-1a: stable over releases of Rust, which the standard library's hasher is not.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn fnv1a_matches_its_published_vectors() {
        assert_eq!(super::fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(super::fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
