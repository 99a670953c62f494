//! The programs a demonstration consists of: started together, stopped together, never left behind.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::error::{Error, Result};

/// How long a program may take to end after it was asked to; then it is killed.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
/// How much of a log an error shows.
const TAIL_LINES: usize = 15;
/// What programs inherit of the environment.
const INHERITED: &[&str] = &["HOME", "PATH", "RUST_BACKTRACE", "RUST_LOG", "TMPDIR"];

/// What happened while waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// Ctrl-C, or a request to end from elsewhere.
    Interrupted,
    /// The program of this name ended by itself.
    Ended(&'static str),
}

/// One running program. Its process is reaped by [`Programs`] alone, so its id cannot become another's meanwhile.
#[derive(Debug)]
struct Program {
    name: &'static str,
    child: Child,
    pid: Pid,
}

/// The running programs, in the order of their start. Dropping this stops them, the youngest first.
#[derive(Debug)]
pub(super) struct Programs {
    folder: PathBuf,
    running: Vec<Program>,
    events: Receiver<Event>,
    reports: SyncSender<Event>,
}

impl Programs {
    /// No programs yet. Their logs will be written into `folder`.
    pub(super) fn new(folder: &Path) -> Self {
        let (reports, events) = sync_channel(16);
        Self {
            folder: folder.to_owned(),
            running: Vec::new(),
            events,
            reports,
        }
    }

    /// From now on Ctrl-C and requests to end are events, so that there is time to stop the programs.
    pub(super) fn receive_signals(&self) -> Result<()> {
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).map_err(Error::Signals)?;
        let report = self.reports.clone();
        std::thread::spawn(move || signals.forever().all(|_| report.send(Event::Interrupted).is_ok()));
        Ok(())
    }

    /// Starts a program whose output goes into its log file.
    pub(super) fn start<S: AsRef<OsStr>>(
        &mut self,
        name: &'static str,
        program: &Path,
        args: impl IntoIterator<Item = S>,
    ) -> Result<()> {
        let log = self.log_file(name)?;
        self.spawn(name, command(program, args).stdout(log)).map(|_| ())
    }

    /// Starts a program that says with its first line of output that it is ready, and returns that line.
    pub(super) fn start_announcing<S: AsRef<OsStr>>(
        &mut self,
        name: &'static str,
        program: &Path,
        args: impl IntoIterator<Item = S>,
        timeout: Duration,
    ) -> Result<String> {
        // Standard input stays open as long as this process lives, for programs that end with it.
        let stdout = self.spawn(
            name,
            command(program, args)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped()),
        )?;
        let (said, line) = sync_channel(1);
        std::thread::spawn(move || {
            let mut line = String::new();
            let mut reader = stdout.map(BufReader::new);
            let read = reader.as_mut().map(|reader| reader.read_line(&mut line));
            // The pipe stays open as long as the program runs, so that a later line does not end it.
            said.send(line).is_ok() && read.is_some() && reader.is_some_and(|mut rest| drain(&mut rest))
        });
        match line.recv_timeout(timeout) {
            Ok(line) if !line.trim().is_empty() => Ok(line.trim().to_owned()),
            Ok(_) => Err(self.ended(name)),
            Err(_) => {
                let (seconds, log) = (timeout.as_secs(), self.log_tail(name));
                Err(Error::NotReady {
                    name,
                    seconds,
                    state: "it has not said so".to_owned(),
                    log,
                })
            }
        }
    }

    fn log_file(&self, name: &str) -> Result<File> {
        let log = self.folder.join(format!("{name}.log"));
        File::options()
            .create(true)
            .append(true)
            .open(&log)
            .map_err(Error::file(&log))
    }

    fn spawn(&mut self, name: &'static str, command: &mut Command) -> Result<Option<ChildStdout>> {
        let stderr = self.log_file(name)?;
        let mut child = command
            .current_dir(&self.folder)
            .stderr(stderr)
            .spawn()
            .map_err(|source| {
                let program = command.get_program().to_string_lossy().into_owned();
                Error::StepDidNotStart {
                    name: name.to_owned(),
                    program,
                    source,
                }
            })?;
        let stdout = child.stdout.take();
        let pid = Pid::from_child(&child);
        let report = self.reports.clone();
        std::thread::spawn(move || {
            let ended = waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
            ended.is_ok() && report.send(Event::Ended(name)).is_ok()
        });
        self.running.push(Program { name, child, pid });
        Ok(stdout)
    }

    /// Waits for the next event, at most until `deadline`.
    pub(super) fn next_event(&self, deadline: Option<Instant>) -> Option<Event> {
        match deadline {
            None => self.events.recv().ok(),
            Some(deadline) => self
                .events
                .recv_timeout(deadline.saturating_duration_since(Instant::now()))
                .ok(),
        }
    }

    /// The error for a program that ended by itself, or is about to.
    pub(super) fn ended(&mut self, name: &'static str) -> Error {
        let mut status = ExitStatus::default();
        if let Some(at) = self.running.iter().position(|program| program.name == name) {
            let mut program = self.running.remove(at);
            self.await_end(&mut program, Instant::now() + Duration::from_secs(1));
            status = self.end(program).unwrap_or_default();
        }
        Error::ProgramEnded {
            name,
            status,
            log: self.log_tail(name),
        }
    }

    /// The last lines of a program's log.
    pub(super) fn log_tail(&self, name: &str) -> String {
        let text = std::fs::read(self.folder.join(format!("{name}.log"))).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<_> = text.lines().collect();
        lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
    }

    /// Asks a program to end, waits, and kills it when it does not.
    fn end(&self, mut program: Program) -> std::io::Result<ExitStatus> {
        if program.is_running() {
            signal(program.pid, Signal::TERM);
            self.await_end(&mut program, Instant::now() + STOP_TIMEOUT);
        }
        if program.is_running() {
            eprintln!(
                "{} did not end within {} s and is killed",
                program.name,
                STOP_TIMEOUT.as_secs()
            );
            signal(program.pid, Signal::KILL);
        }
        program.child.wait()
    }

    fn await_end(&self, program: &mut Program, deadline: Instant) {
        while program.is_running() && Instant::now() < deadline {
            self.next_event(Some(deadline));
        }
    }
}

impl Drop for Programs {
    fn drop(&mut self) {
        while let Some(program) = self.running.pop() {
            let name = program.name;
            if let Err(error) = self.end(program) {
                eprintln!("{name} could not be waited for: {error}");
            }
        }
    }
}

impl Program {
    fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

/// The whole group: a program may have children of its own. A process that has ended already is no error.
fn signal(pid: Pid, signal: Signal) {
    if let Err(error) = kill_process_group(pid, signal)
        && error != rustix::io::Errno::SRCH
    {
        eprintln!("process {} cannot be signalled: {error}", pid.as_raw_nonzero());
    }
}

/// A program in a process group of its own, so that Ctrl-C reaches this process alone, which then stops the others in
/// their order.
fn command<S: AsRef<OsStr>>(program: &Path, args: impl IntoIterator<Item = S>) -> Command {
    let mut command = dying_with_this_process(program);
    command
        .args(args)
        .env_clear()
        .envs(
            INHERITED
                .iter()
                .filter_map(|key| Some((key, std::env::var_os(key)?))),
        )
        .stdin(Stdio::null())
        .process_group(0);
    command
}

fn drain(reader: &mut impl BufRead) -> bool {
    std::io::copy(reader, &mut std::io::sink()).is_ok()
}

/// `setpriv` (util-linux) lets the kernel end the program when this process is killed without a chance to stop it.
fn dying_with_this_process(program: &Path) -> Command {
    let found = std::env::var_os("PATH").and_then(|path| {
        std::env::split_paths(&path)
            .map(|folder| folder.join("setpriv"))
            .find(|file| file.is_file())
    });
    match found {
        Some(setpriv) => {
            let mut command = Command::new(setpriv);
            command.args(["--pdeathsig", "TERM", "--"]).arg(program);
            command
        }
        None => Command::new(program),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHELL: &str = "/bin/sh";
    const TIMEOUT: Duration = Duration::from_secs(20);

    fn exists(pid: &str) -> bool {
        Path::new("/proc").join(pid).exists()
    }

    #[test]
    fn the_first_line_is_returned_and_dropping_stops_the_program() {
        let folder = tempfile::tempdir().unwrap();
        let mut programs = Programs::new(folder.path());
        let script = "echo $$; while :; do sleep 1; done";
        let pid = programs
            .start_announcing("loop", Path::new(SHELL), ["-c", script], TIMEOUT)
            .unwrap();
        assert!(exists(&pid));
        drop(programs);
        assert!(!exists(&pid));
    }

    #[test]
    fn the_end_of_a_program_is_an_event_and_its_error_shows_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let mut programs = Programs::new(folder.path());
        programs
            .start(
                "brief",
                Path::new(SHELL),
                ["-c", "echo 'no such port' >&2; exit 3"],
            )
            .unwrap();
        assert_eq!(
            programs.next_event(Some(Instant::now() + TIMEOUT)),
            Some(Event::Ended("brief"))
        );
        let message = programs.ended("brief").to_string();
        assert_eq!(
            message,
            "brief ended too early (exit status: 3); its last lines:\nno such port"
        );
    }

    #[test]
    fn a_program_that_ends_before_it_is_ready_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let mut programs = Programs::new(folder.path());
        let error = programs
            .start_announcing("mute", Path::new(SHELL), ["-c", "exit 1"], TIMEOUT)
            .unwrap_err();
        assert!(matches!(error, Error::ProgramEnded { name: "mute", .. }));
    }

    #[test]
    fn programs_inherit_only_what_they_need() {
        let folder = tempfile::tempdir().unwrap();
        let mut programs = Programs::new(folder.path());
        let script = "env | grep -c ^CARGO; exec sleep 60";
        let cargo_variables = programs
            .start_announcing("env", Path::new(SHELL), ["-c", script], TIMEOUT)
            .unwrap();
        assert_eq!(cargo_variables, "0");
    }
}
