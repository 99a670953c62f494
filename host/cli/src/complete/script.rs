//! The scripts that a shell reads once.

use crate::arguments::Shell;

/// The script of a shell.
pub(crate) const fn script(shell: Shell) -> &'static str {
    match shell {
        Shell::Bash => include_str!("switchyard.bash"),
        Shell::Zsh => include_str!("switchyard.zsh"),
        Shell::Fish => include_str!("switchyard.fish"),
    }
}
