//! Goods of the known office.

use indicatif::ProgressBar;
use jiff::SignedDuration;

use super::*;
use crate::planning::Wish;
use crate::seats;
use crate::sheet::english;
use crate::store::machine::{self, Newcomer, Portrait};
use crate::store::unit;
use crate::web::office::{self, Office};
use crate::work;

async fn planned(office: &Office) -> Planned {
    let everything = Scope::everything();
    planning::diagnose(&office.app, &everything, None, &ProgressBar::hidden()).await.unwrap();
    let (norm, fund, budgets) = (None, String::new(), Vec::new());
    let wish = Wish { scope: everything, norm, fund, budgets, years: 1, terms: Terms::default() };
    planning::plan(&office.app, &wish).await.unwrap()
}

async fn all(office: &Office) -> Vec<Goods> {
    let mut tx = office.app.store.read().await.unwrap();
    goods::all(&mut tx, &Scope::everything()).await.unwrap()
}

async fn seat(office: &Office, csv: &str) {
    let read = seats::parse(english("seats.csv"), csv.as_bytes()).unwrap();
    let mut tx = office.app.store.begin().await.unwrap();
    let reckoned = seats::reckon(&mut tx, &Scope::everything(), &read).await.unwrap().unwrap();
    seats::apply(&mut tx, "seats.csv", &reckoned, ("an", office::now())).await.unwrap();
    tx.commit().await.unwrap();
}

fn passes(office: &Office, hours: i64) {
    office.app.clock.set(office::now() + SignedDuration::from_hours(hours));
}

/// A machine joins in this unit and reports.
async fn joins(office: &Office, code: &str, name: &str, role: &str) {
    let at = office.app.clock.now();
    let mut tx = office.app.store.begin().await.unwrap();
    let unit = unit::by_id(&mut tx, &office::unit_id(code)).await.unwrap();
    let id =
        machine::add(&mut tx, &unit, Newcomer { hostname: name, agent: "0.1.0", role }, at).await.unwrap();
    crate::store::key::add(&mut tx, name, &id, &[7; 32], at).await.unwrap();
    let arrived = crate::store::report::Arrived {
        machine: &id,
        key: name,
        sequence: 1,
        digest: "digest",
        taken_at: at,
        via: "https",
        envelope: b"bytes",
        base: None,
    };
    let report = crate::store::report::add(&mut tx, arrived, at).await.unwrap();
    machine::portray(&mut tx, &id, &report, at, &Portrait::default(), at).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_pc_for_an_empty_seat_is_confirmed_when_machines_join_there() {
    let office = office::known().await;
    seat(&office, "unit_code,role,count\n16093-HCC,leader,2\n").await;
    work::make(&office.app, &planned(&office).await, "Tỉnh", "an").await.unwrap();
    let of = |all: Vec<Goods>| {
        all.into_iter().find(|one| one.wanted.role == "leader" && one.wanted.item == PC).unwrap()
    };
    let asked = of(all(&office).await);
    assert_eq!((asked.wanted.count, asked.arrived, can_be_seen(&asked.wanted)), (2, 0, true));
    assert_eq!(confirm(&office.app).await.unwrap(), 0, "nobody has joined since");

    // One of two is not all; another role, or another unit, is none of them.
    passes(&office, 1);
    joins(&office, "16093-HCC", "NEW-1", "leader").await;
    joins(&office, "16093-HCC", "NEW-2", "clerk").await;
    joins(&office, "16093-VP", "NEW-3", "leader").await;
    assert_eq!(confirm(&office.app).await.unwrap(), 0);
    let one = of(all(&office).await);
    assert_eq!((one.arrived, one.confirmed_at), (1, None));
    joins(&office, "16093-HCC", "NEW-4", "leader").await;
    assert_eq!(confirm(&office.app).await.unwrap(), 1, "ticked off or not");
    let both = of(all(&office).await);
    assert_eq!((both.arrived, both.confirmed_at), (2, Some(office.app.clock.now().as_millisecond())));
    assert_eq!(confirm(&office.app).await.unwrap(), 0, "what is confirmed stays");
}

#[tokio::test]
async fn what_is_on_its_way_is_not_asked_for_twice() {
    let office = office::known().await;
    seat(&office, "unit_code,role,count\n16093-HCC,leader,2\n").await;
    work::make(&office.app, &planned(&office).await, "Tỉnh", "an").await.unwrap();
    let of = |all: Vec<Goods>| -> Vec<Goods> {
        all.into_iter().filter(|one| one.wanted.role == "leader" && one.wanted.item == PC).collect()
    };
    let first = of(all(&office).await).remove(0);
    let mut tx = office.app.store.begin().await.unwrap();
    assert!(goods::tick(&mut tx, &first.id, Some(("an", office::now()))).await.unwrap());
    tx.commit().await.unwrap();
    work::make(&office.app, &planned(&office).await, "Tỉnh", "an").await.unwrap();
    assert_eq!(of(all(&office).await).len(), 1, "two are on their way, and two lack");

    // Three more seats: what comes for them is what joins beyond the first two.
    seat(&office, "unit_code,role,count\n16093-HCC,leader,5\n").await;
    work::make(&office.app, &planned(&office).await, "Tỉnh", "an").await.unwrap();
    let by_base = |mut all: Vec<Goods>| {
        all.sort_by_key(|one| one.wanted.base);
        all
    };
    let [_, second] = by_base(of(all(&office).await)).try_into().unwrap();
    assert_eq!((second.wanted.count, second.wanted.base), (3, 2));
    passes(&office, 1);
    for name in ["NEW-1", "NEW-2", "NEW-3"] {
        joins(&office, "16093-HCC", name, "leader").await;
    }
    assert_eq!(confirm(&office.app).await.unwrap(), 1);
    let arrived: Vec<i64> = by_base(of(all(&office).await)).iter().map(|one| one.arrived).collect();
    assert_eq!(arrived, [2, 1]);
    // Nobody got the rest: another plan puts another number in its place.
    seat(&office, "unit_code,role,count\n16093-HCC,leader,9\n").await;
    let done = work::make(&office.app, &planned(&office).await, "Tỉnh", "an").await.unwrap();
    assert!(done.replaced > 0, "{done:?}");
}

#[tokio::test]
async fn a_printer_is_confirmed_when_machines_see_one_more() {
    let office = office::known().await;
    seat(&office, "unit_code,role,count\n16093-VP,officer,60\n").await;
    work::make(&office.app, &planned(&office).await, "Tỉnh", "an").await.unwrap();
    let of = |all: Vec<Goods>| all.into_iter().find(|one| one.wanted.item == PRINTER).unwrap();
    let asked = of(all(&office).await);
    assert!(asked.wanted.role.is_empty() && asked.wanted.count > 0, "{asked:?}");
    passes(&office, 1);
    assert_eq!(confirm(&office.app).await.unwrap(), 0, "no report has come since");

    // A machine of the commune is looked at again, and sees more printers on its own cables.
    joins(&office, "16093-VP", "NEW-1", "officer").await;
    let mut tx = office.app.store.begin().await.unwrap();
    let scope = Scope::subtree(&asked.unit_path);
    let rows = crate::store::diagnosis::all(&mut tx, &scope, "").await.unwrap();
    let one = rows.iter().find(|one| one.body.is_some()).unwrap();
    let mut body: serde_json::Value = serde_json::from_str(one.body.as_deref().unwrap()).unwrap();
    let more = usize::try_from(asked.wanted.count).unwrap();
    let device = serde_json::json!({ "model": "Brother HL-L2321D", "shared": false });
    body["printers"].as_array_mut().unwrap().extend(vec![device; more]);
    crate::store::diagnosis::put(&mut tx, "", (&one.machine, "r"), "m", &body.to_string()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(confirm(&office.app).await.unwrap(), 1);
    assert_eq!(of(all(&office).await).arrived, asked.wanted.count);
}
