//! `hash-password NAME`: makes a line for the file of `--basic-auth`.

use std::io::{self, IsTerminal};

use crate::auth;
use crate::error::io_reason;

/// The name; the password is asked for, so that it stands neither in a list of processes nor in a shell's history.
#[derive(Debug, Eq, PartialEq, clap::Args)]
pub struct HashPassword {
    /// The user's name
    name: String,
}

impl HashPassword {
    /// Asks for the password, twice at a terminal, and gives the line.
    ///
    /// # Errors
    ///
    /// One line that says why there is none.
    pub fn run(&self) -> Result<String, String> {
        let failed = |error: io::Error| format!("the password cannot be read: {}", io_reason(&error));
        let password = if io::stdin().is_terminal() {
            let ask = |what: &str| rpassword::prompt_password(what).map_err(failed);
            let password = ask("Password: ")?;
            if ask("Again: ")? != password {
                return Err("the two passwords differ".to_owned());
            }
            password
        } else {
            let mut line = String::new();
            io::stdin().read_line(&mut line).map_err(failed)?;
            line.trim_end_matches(['\r', '\n']).to_owned()
        };
        auth::line(&self.name, &password)
    }
}
