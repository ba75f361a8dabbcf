//! `user add`, `user password`: people who may sign in. A password is made here and shown once.

use anyhow::{Context, Result, anyhow, bail};
use clap::Subcommand;
use data_encoding::BASE32_DNSCURVE;
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::json;

use super::{ACTOR, find_unit, print, tell};
use crate::clock::Clock;
use crate::data::Data;
use crate::guard::hash_password;
use crate::store::account::{self, Standing};
use crate::store::audit;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Adds a person; prints the password, once
    #[command(after_help = "Example: sansang-collector user add lan --role analyst")]
    Add {
        /// The name to sign in with
        name: String,
        /// What the person may do: administrator, analyst, security, viewer
        #[arg(long, value_parser = standing)]
        role: Standing,
        /// Code of the unit whose subtree the person sees; without it, everything
        #[arg(long, value_name = "CODE")]
        unit: Option<String>,
    },
    /// Gives a person another password; prints it, once
    #[command(after_help = "Example: sansang-collector user password admin")]
    Password {
        /// The name to sign in with
        name: String,
    },
}

fn standing(word: &str) -> Result<Standing, String> {
    let words: Vec<&str> = Standing::ALL.iter().map(|standing| standing.word()).collect();
    Standing::parse(word).ok_or_else(|| format!("there is no such role; there are {}", words.join(", ")))
}

pub(super) async fn run(data: &Data, command: Command) -> Result<()> {
    let (store, now) = (data.store().await?, Clock::System.now());
    let (password, hash) = new_password()?;
    let mut tx = store.begin().await?;
    let name = match command {
        Command::Add { name, role, unit } => {
            let name = account::normal_name(&name);
            if name.is_empty() || name.chars().count() > 64 || name.chars().any(|c| c.is_control()) {
                bail!("adding a person: write a name of at most 64 characters");
            }
            if account::of_name(&mut tx, &name).await?.is_some() {
                bail!("adding {name}: there is one of this name; another password: user password {name}");
            }
            let unit = match unit {
                None => None,
                Some(code) => {
                    let unit = find_unit(&mut tx, &code).await;
                    Some(unit.with_context(|| format!("adding {name}"))?.id)
                }
            };
            account::add(&mut tx, now, &name, &hash, role, unit.as_deref()).await?;
            audit::add(&mut tx, now, ACTOR, "user-add", &name, &json!({ "role": role.word() }).to_string())
                .await?;
            name
        }
        Command::Password { name } => {
            let account = account::of_name(&mut tx, &name)
                .await?
                .with_context(|| format!("changing the password of {name}: there is nobody of this name"))?;
            account::set_password(&mut tx, &account.id, &hash).await?;
            audit::add(&mut tx, now, ACTOR, "user-password", &account.name, "{}").await?;
            account.name
        }
    };
    tx.commit().await?;
    store.close().await;
    tell(&format!("The password of {name}, shown this once:"));
    print(&password)
}

/// A password of 80 random bits that survives being read aloud, and its hash.
///
/// # Errors
/// When the random source fails.
pub(super) fn new_password() -> Result<(String, String)> {
    let mut bytes = [0; 10];
    SystemRandom::new().fill(&mut bytes).map_err(|_| anyhow!("the random source failed"))?;
    let text = BASE32_DNSCURVE.encode(&bytes);
    let mut password = String::new();
    for (at, character) in text.chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            password.push('-');
        }
        password.push(character);
    }
    let hash = hash_password(&password)?;
    Ok((password, hash))
}
