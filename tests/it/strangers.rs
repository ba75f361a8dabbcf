//! Every route of the dashboard as nobody, and as somebody who may only look.

use collector::guard;
use collector::store::{account, new_id};
use collector::web::{ROUTES, Who};
use tests::office::{Office, PASSWORD};
use tests::visitor::Visitor;

#[tokio::test]
async fn nobody_sees_anything_but_the_door() {
    let office = Office::open().await;
    let mut visitor = Visitor::new(office.running().people);
    assert!(ROUTES.len() >= 10, "{} routes", ROUTES.len());
    for route in ROUTES {
        let path = example(route.path);
        let shown = match route.method {
            "GET" => visitor.get(&path).await,
            _ => visitor.post(&path, &[]).await,
        };
        if route.who == Who::Anybody {
            assert!(!shown.status.is_server_error(), "{} {path}: {}", route.method, shown.status);
            continue;
        }
        let turned_away = shown.status == 303 && shown.location.as_deref().is_some_and(|to| to.starts_with("/login"));
        assert!(turned_away || shown.status == 403, "{} {path} answers a stranger {}", route.method, shown.status);
    }
}

#[tokio::test]
async fn who_may_only_look_changes_nothing() {
    let office = Office::open().await;
    let now = office.clock.now();
    let mut tx = office.running().app.store.begin().await.unwrap();
    let password = guard::hash_password(PASSWORD).unwrap();
    account::add(&mut tx, &new_id(now), "khach", &password, "viewer", None, now).await.unwrap();
    tx.commit().await.unwrap();
    let mut visitor = Visitor::new(office.running().people);
    visitor.sign_in("khach", PASSWORD).await;
    for route in ROUTES.iter().filter(|route| !matches!(route.who, Who::Anybody | Who::Anyone)) {
        let path = example(route.path);
        let shown = match route.method {
            "GET" => visitor.get(&path).await,
            _ => visitor.post(&path, &[]).await,
        };
        let refused = shown.status == 403;
        assert_eq!(refused, !route.who.allows("viewer"), "{} {path} answers a viewer {}", route.method, shown.status);
    }
    // Without the form token of the session nothing is changed, whoever asks.
    for route in ROUTES.iter().filter(|route| route.method == "POST" && route.who != Who::Anybody) {
        let shown = visitor.post(&example(route.path), &[]).await;
        assert_eq!(shown.status, 403, "{} without a form token", route.path);
    }
}

/// A path that this route answers, with stand-ins for its parts.
fn example(path: &str) -> String {
    path.split('/').map(|part| if part.starts_with('{') { "0" } else { part }).collect::<Vec<_>>().join("/")
}
