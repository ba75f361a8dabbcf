//! An office to look at: units, machines and people, the same each time. For tests only.

use std::path::PathBuf;

use jiff::Timestamp;
use rules::lifecycle::Lifecycle;

use crate::app::{App, Judge};
use crate::clock::Clock;
use crate::guard::hash_password;
use crate::store::Store;
use crate::store::account::{self, Standing};

/// The password of everybody.
pub(crate) const PASSWORD: &str = "một câu ngắn dễ nhớ";

/// When it is: 22/11/2026 08:12 in Vietnam.
pub(crate) fn now() -> Timestamp {
    "2026-11-22T01:12:00Z".parse().unwrap()
}

/// A database of its own in the folder for temporary files, removed when the office closes.
pub(crate) struct Office {
    pub(crate) app: App,
    folder: PathBuf,
}

impl Drop for Office {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).expect("the folder of an office can be removed");
    }
}

/// An office where `admin` sees everything.
pub(crate) async fn empty() -> Office {
    let folder =
        std::env::temp_dir().join(format!("sansang-office-{}", crate::guard::random_token().unwrap()));
    std::fs::create_dir_all(&folder).unwrap();
    let store = Store::open(&folder.join("sansang.db")).await.unwrap();
    let judge = Judge { sets: Vec::new(), lifecycle: Lifecycle::shipped() };
    let app = App::new(store, Clock::fixed(now()), judge, false);
    let mut tx = app.store.begin().await.unwrap();
    let hash = hash_password(PASSWORD).unwrap();
    account::add(&mut tx, now(), "admin", &hash, Standing::Administrator, None).await.unwrap();
    account::add(&mut tx, now(), "viewer", &hash, Standing::Viewer, None).await.unwrap();
    tx.commit().await.unwrap();
    Office { app, folder }
}
