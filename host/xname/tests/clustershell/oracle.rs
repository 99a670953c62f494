//! `ClusterShell` behind a pipe.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The names of a set, without an order.
pub(crate) type Names = BTreeSet<String>;

/// A running Python that has `ClusterShell`. It ends when it is dropped.
pub(crate) struct Oracle {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// What `ClusterShell` makes of one set.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) count: usize,
    pub(crate) names: Names,
    /// How it folds the set.
    pub(crate) folded: String,
    /// What it reads in the folded set of the question.
    pub(crate) read: Names,
}

impl Oracle {
    pub(crate) fn start() -> Self {
        let peers = std::env::var_os("SWITCHYARD_PEERS_VENV").map(PathBuf::from);
        let peers = peers.expect(
            "SWITCHYARD_PEERS_VENV names no folder of test peers; run `cargo xtask test`, which installs them",
        );
        let mut child = Command::new(peers.join("bin/python"))
            .args(["-c", include_str!("oracle.py")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            questions: child.stdin.take(),
            answers: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    /// Asks about two expressions, their four combinations, and a folded form of each of the six.
    pub(crate) fn compare(
        &mut self,
        expressions: [&str; 2],
        folded: &[String; 6],
    ) -> Result<Vec<Told>, String> {
        let question = expressions.into_iter().chain(folded.iter().map(String::as_str));
        let answer = self.ask(&question.collect::<Vec<_>>().join("\t"))?;
        let told = answer.chunks(4).map(|told| match told {
            [count, all, folded, read] => Told {
                count: count.parse().unwrap(),
                names: names(all),
                folded: folded.clone(),
                read: names(read),
            },
            _ => panic!("an answer of four parts is expected, not {told:?}"),
        });
        Ok(told.collect())
    }

    /// The names of one expression.
    pub(crate) fn read(&mut self, expression: &str) -> Result<Names, String> {
        let answer = self.ask(expression)?;
        Ok(names(answer.first().unwrap()))
    }

    fn ask(&mut self, question: &str) -> Result<Vec<String>, String> {
        writeln!(self.questions.as_mut().unwrap(), "{question}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        let answer = answer
            .strip_suffix('\n')
            .expect("the oracle ended; its last words are above");
        let fields: Vec<String> = answer.split('\t').map(str::to_owned).collect();
        match fields.as_slice() {
            [mark, why] if mark == "!" => Err(why.clone()),
            _ => Ok(fields),
        }
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        // The end of its input is the end of it.
        drop(self.questions.take());
        drop(self.child.wait());
    }
}

fn names(text: &str) -> Names {
    text.split_whitespace().map(str::to_owned).collect()
}
