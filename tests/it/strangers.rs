//! Every route of the dashboard as nobody, and as somebody who may only look.

use collector::guard;
use collector::store::account::{self, Standing};
use collector::web::{Access, ROUTES, Route};
use tests::office::{Office, PASSWORD};
use tests::visitor::{Shown, Visitor};

#[tokio::test]
async fn nobody_sees_anything_but_the_door() {
    let office = Office::open().await;
    let mut visitor = Visitor::new(office.running().people);
    assert!(ROUTES.len() >= 10, "{} routes", ROUTES.len());
    for route in ROUTES {
        let shown = call(&mut visitor, route).await;
        if route.access == Access::Everyone {
            assert!(!shown.status.is_server_error(), "{} {}: {}", route.method, route.path, shown.status);
            continue;
        }
        let to_the_door =
            shown.status == 303 && shown.location.as_deref().is_some_and(|to| to.starts_with("/sign-in"));
        assert!(
            to_the_door || shown.status == 403,
            "{} {} answers a stranger {}",
            route.method,
            route.path,
            shown.status
        );
    }
}

#[tokio::test]
async fn who_may_only_look_changes_nothing() {
    let office = Office::open().await;
    let now = office.clock.now();
    let mut tx = office.running().app.store.begin().await.unwrap();
    let password = guard::hash_password(PASSWORD).unwrap();
    account::add(&mut tx, now, "khach", &password, Standing::Viewer, None).await.unwrap();
    tx.commit().await.unwrap();
    let mut visitor = Visitor::new(office.running().people);
    visitor.sign_in("khach", PASSWORD).await;
    for route in ROUTES {
        let Access::Standings(standings) = route.access else { continue };
        let shown = call(&mut visitor, route).await;
        // A form without the form token of the session changes nothing, whoever sends it.
        let refused = !standings.contains(&Standing::Viewer) || route.method == "post";
        assert_eq!(
            shown.status == 403,
            refused,
            "{} {} answers a viewer {}",
            route.method,
            route.path,
            shown.status
        );
        assert!(!shown.status.is_server_error(), "{} {}: {}", route.method, route.path, shown.status);
    }
}

/// Calls a route with stand-ins for the parts of its path, and an empty form.
async fn call(visitor: &mut Visitor, route: &Route) -> Shown {
    let path: Vec<&str> =
        route.path.split('/').map(|part| if part.starts_with('{') { "0" } else { part }).collect();
    match route.method {
        "get" => visitor.get(&path.join("/")).await,
        "post" => visitor.post(&path.join("/"), &[]).await,
        other => panic!("{other} is not called yet"),
    }
}
