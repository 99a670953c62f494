//! The command at a terminal: a pseudo-terminal, and what its screen shows in the end.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::time::Duration;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::sync::watch;

/// How long a command may take in a test.
const COMMAND_TIMEOUT: Duration = Duration::from_mins(1);

/// The width of the terminal.
pub(crate) const COLUMNS: u16 = 100;

/// A command that runs at a terminal.
pub(crate) struct Terminal {
    child: Child,
    keyboard: File,
    written: watch::Receiver<Vec<u8>>,
    columns: u16,
    _home: TempDir,
}

/// What was left on the screen.
#[derive(Debug)]
pub(crate) struct Left {
    pub(crate) code: Option<i32>,
    pub(crate) screen: String,
}

impl Left {
    /// Code and screen, with the address of the service made stable.
    pub(crate) fn shown(&self, url: &str) -> String {
        let screen = self.screen.replace(url, "http://SERVER");
        format!("exit {:?}\n--- screen\n{screen}", self.code.unwrap())
    }
}

/// Starts the command with this service in its environment and an empty home.
pub(crate) fn at_terminal(url: &str, arguments: &[&str]) -> Terminal {
    at_terminal_with(url, arguments, COLUMNS, None)
}

/// As [`at_terminal`], so many columns wide, and perhaps with standard error elsewhere.
pub(crate) fn at_terminal_with(
    url: &str,
    arguments: &[&str],
    columns: u16,
    stderr: Option<Stdio>,
) -> Terminal {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let path = ptsname(&master, Vec::new()).unwrap();
    let slave = OpenOptions::new()
        .read(true)
        .write(true)
        .open(path.to_str().unwrap())
        .unwrap();
    let size = Winsize {
        ws_row: 40,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&slave, size).unwrap();
    let stdio = || Stdio::from(slave.try_clone().unwrap());
    let home = tempfile::tempdir().unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_switchyard"))
        .args(arguments)
        .env_clear()
        .env("HOME", home.path())
        .env("TERM", "xterm")
        .env("NO_COLOR", "1")
        .env("SWITCHYARD_SERVER", url)
        // Reading the authorities of the system is most of the work of a short command.
        .env("SSL_CERT_FILE", "/dev/null")
        .stdin(stdio())
        .stdout(stdio())
        .stderr(stderr.unwrap_or_else(stdio))
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    drop(slave);
    Terminal {
        child,
        written: read_along(&master),
        keyboard: File::from(master),
        columns,
        _home: home,
    }
}

/// Reads what appears until nobody holds the other end.
fn read_along(master: &OwnedFd) -> watch::Receiver<Vec<u8>> {
    let mut screen = File::from(master.try_clone().unwrap());
    let (writer, reader) = watch::channel(Vec::new());
    std::thread::spawn(move || {
        let mut some = [0; 4_096];
        while let Ok(length) = screen.read(&mut some) {
            if length == 0 {
                break;
            }
            writer.send_modify(|all| all.extend_from_slice(&some[..length]));
        }
    });
    reader
}

impl Terminal {
    /// Types a line once this stands on the screen.
    pub(crate) async fn answer(&mut self, question: &str, line: &str) {
        let asked = self
            .written
            .wait_for(|all| String::from_utf8_lossy(all).contains(question));
        tokio::time::timeout(COMMAND_TIMEOUT, asked)
            .await
            .unwrap()
            .unwrap();
        self.keyboard.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// Types a line once this stands on the screen, unless the command ends without it.
    pub(crate) async fn answer_if_asked(&mut self, question: &str, line: &str) {
        let asked = self
            .written
            .wait_for(|all| String::from_utf8_lossy(all).contains(question));
        let is_asked = tokio::time::timeout(COMMAND_TIMEOUT, asked)
            .await
            .unwrap()
            .is_ok();
        if is_asked {
            self.keyboard.write_all(format!("{line}\n").as_bytes()).unwrap();
        }
    }

    /// Waits until this has been on the screen.
    pub(crate) async fn see(&mut self, text: &str) {
        let seen = self
            .written
            .wait_for(|all| String::from_utf8_lossy(all).contains(text));
        tokio::time::timeout(COMMAND_TIMEOUT, seen)
            .await
            .unwrap()
            .unwrap();
    }

    /// Presses Ctrl-C.
    pub(crate) async fn interrupt(&self) {
        let pid = self.child.id().unwrap().to_string();
        let sent = Command::new("kill").args(["-INT", &pid]).status().await;
        assert!(sent.unwrap().success());
    }

    /// Waits for the end.
    pub(crate) async fn end(mut self) -> Left {
        let status = tokio::time::timeout(COMMAND_TIMEOUT, self.child.wait())
            .await
            .unwrap()
            .unwrap();
        // The reader ends when it has everything: then the channel is closed.
        while self.written.changed().await.is_ok() {}
        let all = self.written.borrow().clone();
        Left {
            code: status.code(),
            screen: screen(&String::from_utf8_lossy(&all), self.columns.into()),
        }
    }
}

/// What a terminal shows in the end of what was written to it: long lines wrap, carriage returns, cursor up and erasing are
/// carried out.
fn screen(written: &str, columns: usize) -> String {
    let mut lines: Vec<Vec<char>> = vec![Vec::new()];
    let (mut row, mut column) = (0, 0);
    let mut characters = written.chars();
    while let Some(c) = characters.next() {
        match c {
            '\r' => column = 0,
            '\n' => {
                row += 1;
                if row == lines.len() {
                    lines.push(Vec::new());
                }
            }
            '\u{1b}' => {
                let mut number = String::new();
                let code = characters.by_ref().find(|c| {
                    if c.is_ascii_digit() {
                        number.push(*c);
                    }
                    c.is_ascii_alphabetic()
                });
                match code {
                    Some('A') => row = row.saturating_sub(number.parse().unwrap_or(1)),
                    Some('B') => row = (row + number.parse().unwrap_or(1)).min(lines.len() - 1),
                    Some('K') if number == "2" => lines[row].clear(),
                    Some('K') => lines[row].truncate(column),
                    _ => {}
                }
            }
            c => {
                if column == columns {
                    (row, column) = (row + 1, 0);
                    if row == lines.len() {
                        lines.push(Vec::new());
                    }
                }
                let line = &mut lines[row];
                line.resize(line.len().max(column + 1), ' ');
                line[column] = c;
                column += 1;
            }
        }
    }
    let text: Vec<String> = lines
        .iter()
        .map(|line| line.iter().collect::<String>().trim_end().to_owned())
        .collect();
    text.join("\n").trim_end().to_owned()
}
