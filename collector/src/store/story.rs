//! One story through every function of the store.

use std::collections::BTreeMap;

use super::account::Standing;
use super::assessment::{Cause, Finding, Judgement};
use super::conflict::Found;
use super::join_code::NewCode;
use super::listing::{Cursor, Direction, Filter, Scope, Sort};
use super::machine::{Among, Mark, Newcomer, Portrait};
use super::report::Arrived;
use super::unit::Naming;
use super::waiver::{Grant, Reach};
use super::*;
use crate::data::tests::Folder;
use rules::facts::identity::Evidence;
use rules::identity::Signs;

fn naming(code: &str, name: &str, short: &str, kind: &str) -> Naming {
    Naming { code: code.to_owned(), name: name.to_owned(), short: short.to_owned(), kind: kind.to_owned() }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

async fn opened() -> (Folder, Store) {
    let folder = Folder::new();
    let store = Store::open(&folder.0.join("collector.db")).await.unwrap();
    (folder, store)
}

/// The first report of a machine comes in, and is its latest. Gives its id.
async fn reported(tx: &mut Tx, machine: &str, key: &str, at: Timestamp) -> String {
    let arrived = Arrived {
        machine,
        key,
        sequence: 1,
        digest: "d1",
        taken_at: at,
        via: "https",
        envelope: b"bytes",
        base: None,
    };
    let report = report::add(tx, arrived, at).await.unwrap();
    machine::portray(tx, machine, &report, at, &Portrait::default(), at).await.unwrap();
    report
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_only_reads_leaves_the_connection_to_the_next() {
    let (_folder, store) = opened().await;
    let mut fresh = 0;
    for _ in 0..1000 {
        let mut tx = store.read().await.unwrap();
        sql!(&mut tx, |c| {
            let cache: i64 = sqlx::query_scalar("PRAGMA cache_size").fetch_one(&mut *c).await.unwrap();
            fresh += u32::from(cache != -1234);
            sqlx::query("PRAGMA cache_size = -1234").execute(c).await.unwrap()
        });
    }
    assert!(fresh <= embedded::CONNECTIONS_MAX, "{fresh} of 1000 readers waited for a new connection");
}

#[tokio::test]
async fn more_machines_than_one_statement_holds_are_judged_at_once() {
    const MACHINES: usize = TOGETHER + 44;

    let (_folder, store) = opened().await;
    let mut tx = store.begin_bulk().await.unwrap();
    let unit = unit::add(&mut tx, None, &naming("38", "Tỉnh", "Tỉnh", "province"), at(0)).await.unwrap();
    let newcomer = Newcomer { hostname: "PC", agent: "0.1.0", role: "clerk" };
    for number in 0..MACHINES {
        let key = format!("k{number}");
        let machine = machine::add(&mut tx, &unit, newcomer, at(1)).await.unwrap();
        key::add(&mut tx, &key, &machine, &[7; 32], at(1)).await.unwrap();
        reported(&mut tx, &machine, &key, at(2)).await;
    }
    let evidence = machine::evidence(&mut tx, Among::All, "", 1000).await.unwrap();
    assert_eq!(evidence.len(), MACHINES);

    // Each is judged, and finds its own.
    let bodies: Vec<String> = (0..MACHINES).map(|number| format!("{{\"number\":{number}}}")).collect();
    let packed: Vec<assessment::Packed> =
        bodies.iter().map(|body| assessment::Packed::of(body, None).unwrap()).collect();
    let mark = |grade: &str, verdicts: &str| Mark {
        grade: grade.to_owned(),
        rules_digest: "r1".to_owned(),
        verdicts: verdicts.to_owned(),
        ..Mark::default()
    };
    let marks: Vec<Mark> = (0..MACHINES).map(|number| mark("not_ready", &format!("f{number}"))).collect();
    let judgements: Vec<Judgement<'_>> = evidence
        .iter()
        .zip(marks.iter().zip(&packed))
        .map(|(one, (mark, body))| Judgement {
            machine: &one.machine,
            report: &one.report,
            cause: Cause::Rules,
            day: jiff::civil::date(2026, 11, 22),
            mark,
            body: assessment::Body::Packed(body),
        })
        .collect();
    let ids = assessment::add_all(&mut tx, &judgements, at(3)).await.unwrap();
    let graded: Vec<machine::Graded<'_>> = judgements
        .iter()
        .zip(&ids)
        .map(|(Judgement { machine, mark, .. }, id)| machine::Graded { machine, assessment: Some(id), mark })
        .collect();
    machine::grade(&mut tx, &graded).await.unwrap();
    for at in [0, TOGETHER, MACHINES - 1] {
        let body = assessment::latest(&mut tx, &evidence[at].machine).await.unwrap();
        assert_eq!(body.as_ref(), Some(&bodies[at]));
    }
    let now = machine::evidence(&mut tx, Among::All, "", 1000).await.unwrap();
    let verdicts: Vec<String> = now.iter().map(|one| one.mark.verdicts.clone()).collect();
    assert_eq!(verdicts, marks.iter().map(|mark| mark.verdicts.clone()).collect::<Vec<_>>());
    let machines: Vec<&str> = now.iter().map(|one| one.machine.as_str()).collect();
    let grounds = assessment::grounds(&mut tx, &machines).await.unwrap();
    assert_eq!(grounds.keys().collect::<Vec<_>>(), machines);

    // What they find changes.
    let finding = |rule: &str, outcome: &str| Finding {
        rule: rule.to_owned(),
        outcome: outcome.to_owned(),
        severity: "major".to_owned(),
        switched_off: false,
    };
    let (before, after) = (
        [finding("a", "fail"), finding("b", "fail"), finding("c", "fail")],
        [finding("b", "partial"), finding("c", "unknown"), finding("d", "fail")],
    );
    for (findings, expected) in
        [(&before, ["a fail", "b fail", "c fail"]), (&after, ["b partial", "c unknown", "d fail"])]
    {
        let asked: Vec<(&str, &[Finding])> =
            machines.iter().map(|machine| (*machine, findings.as_slice())).collect();
        let changes = assessment::changes(&mut tx, &asked).await.unwrap();
        let changes: Vec<(&str, &assessment::Changes)> =
            changes.iter().map(|(machine, changes)| (machine.as_str(), changes)).collect();
        assessment::change_findings(&mut tx, &changes).await.unwrap();
        for at in [0, TOGETHER, MACHINES - 1] {
            let told = assessment::findings(&mut tx, machines[at]).await.unwrap();
            let told: Vec<String> = told.iter().map(|one| format!("{} {}", one.rule, one.outcome)).collect();
            assert_eq!(told, expected);
        }
    }

    // Two moved since they were read.
    let all: Vec<&machine::Evidence> = now.iter().collect();
    assert_eq!(machine::moved(&mut tx, &all).await.unwrap().len(), 0);
    let moved = [machines[3], machines[TOGETHER + 3]];
    for machine in moved {
        let mark = Mark { rules_digest: "r2".to_owned(), ..mark("ready", "f") };
        let graded = machine::Graded { machine, assessment: None, mark: &mark };
        machine::grade(&mut tx, &[graded]).await.unwrap();
    }
    let told = |all: Vec<&machine::Evidence>| all.iter().map(|one| one.machine.clone()).collect::<Vec<_>>();
    assert_eq!(told(machine::moved(&mut tx, &all).await.unwrap()), moved);
    assert_eq!(told(machine::judged_by(&mut tx, &all, "r3").await.unwrap()), moved);
    tx.commit().await.unwrap();
    store.settle();
}

/// Makes every machine of this host name fail, so that tests see what becomes of its neighbours.
pub(crate) async fn fail_on_broken_hostnames(tx: &mut Tx) {
    const SQL: &str = "CREATE TRIGGER broken BEFORE INSERT ON machine WHEN NEW.hostname = 'BROKEN'
        BEGIN SELECT RAISE(ABORT, 'broken'); END";
    sql!(tx, |c| sqlx::raw_sql(SQL).execute(c).await.unwrap());
}

#[tokio::test]
async fn a_province_joins_and_reports() {
    let (folder, store) = opened().await;
    let mut tx = store.begin().await.unwrap();

    // The tree, in the order of readers.
    let province = unit::add(&mut tx, None, &naming("38", "Tỉnh Thanh Hóa", "Thanh Hóa", "province"), at(0))
        .await
        .unwrap();
    let district = unit::add(
        &mut tx,
        Some(&province),
        &naming("384", "Huyện Mường Lát", "Mường Lát", "district"),
        at(1),
    )
    .await
    .unwrap();
    let commune =
        unit::add(&mut tx, Some(&district), &naming("14863", "Xã Pù Nhi", "Pù Nhi", "commune"), at(2))
            .await
            .unwrap();
    unit::add(
        &mut tx,
        Some(&province),
        &naming("380", "Thành phố Thanh Hóa", "Thanh Hóa", "district"),
        at(3),
    )
    .await
    .unwrap();
    unit::add(&mut tx, Some(&province), &naming("381", "Thị xã Bỉm Sơn", "Bỉm Sơn", "district"), at(4))
        .await
        .unwrap();
    let names = |tree: Vec<unit::Unit>| tree.into_iter().map(|unit| unit.name).collect::<Vec<_>>().join(", ");
    expect_test::expect!["Tỉnh Thanh Hóa, Thị xã Bỉm Sơn, Huyện Mường Lát, Xã Pù Nhi, Thành phố Thanh Hóa"]
        .assert_eq(&names(unit::tree(&mut tx).await.unwrap()));

    // A join code with one use, not the ended one.
    let code = NewCode {
        secret_hash: "aa",
        unit: &commune.id,
        role: "clerk",
        uses: 1,
        expires_at: at(100),
        created_by: "test",
    };
    join_code::add(&mut tx, code, at(5)).await.unwrap();
    join_code::add(&mut tx, NewCode { secret_hash: "bb", expires_at: at(6), ..code }, at(5)).await.unwrap();
    assert_eq!(join_code::consume(&mut tx, "bb", at(6)).await.unwrap(), None);
    assert_eq!(join_code::find(&mut tx, "bb", at(6)).await.unwrap(), None);
    let found = join_code::find(&mut tx, "aa", at(6)).await.unwrap().unwrap();
    let admission = join_code::consume(&mut tx, "aa", at(6)).await.unwrap().unwrap();
    assert_eq!((admission.unit.as_str(), admission.role.as_str()), (commune.id.as_str(), "clerk"));
    assert_eq!(found, admission, "looking uses nothing up");
    assert_eq!(join_code::consume(&mut tx, "aa", at(6)).await.unwrap(), None);
    assert_eq!(join_code::consume(&mut tx, "cc", at(6)).await.unwrap(), None);

    // A machine with its key.
    let newcomer = Newcomer { hostname: "PC-01", agent: "0.1.0", role: "clerk" };
    let id = machine::add(&mut tx, &commune, newcomer, at(7)).await.unwrap();
    key::add(&mut tx, "k1", &id, &[7; 32], at(7)).await.unwrap();
    assert_eq!(key::standing(&mut tx, "k2").await.unwrap(), None);
    let standing = key::standing(&mut tx, "k1").await.unwrap().unwrap();
    assert_eq!((standing.sequence, standing.latest, standing.role.as_str()), (0, None, "clerk"));
    assert_eq!(machine::unit(&mut tx, &id).await.unwrap(), commune);
    assert_eq!(machine::reported(&mut tx).await.unwrap(), 0);

    // A report and its judgement.
    let arrived = Arrived {
        machine: &id,
        key: "k1",
        sequence: 5,
        digest: "d5",
        taken_at: at(8),
        via: "https",
        envelope: b"bytes",
        base: None,
    };
    let report = report::add(&mut tx, arrived, at(9)).await.unwrap();
    assert_eq!(report::base(&mut tx, "k1", 5).await.unwrap().as_deref(), Some(b"bytes".as_slice()));
    assert_eq!(report::base(&mut tx, "k2", 5).await.unwrap(), None, "a base is of the same key");
    key::advance(&mut tx, "k1", 5).await.unwrap();
    key::advance(&mut tx, "k1", 4).await.unwrap();
    assert_eq!(report::digest(&mut tx, "k1", 5).await.unwrap().as_deref(), Some("d5"));
    assert_eq!(report::digest(&mut tx, "k1", 4).await.unwrap(), None);

    // What tells the PC from others, and another PC under the same key.
    let mut signs = Signs::default();
    signs.add(Evidence::Serial, "s1".to_owned());
    signs.add(Evidence::SystemUuid, "u1".to_owned());
    sign::set(&mut tx, &id, &signs).await.unwrap();
    assert_eq!(sign::of(&mut tx, &id).await.unwrap(), signs);
    assert_eq!(sign::sharing(&mut tx, &signs).await.unwrap(), std::slice::from_ref(&id));
    let mut other = Signs::default();
    other.add(Evidence::Serial, "s2".to_owned());
    assert!(sign::sharing(&mut tx, &other).await.unwrap().is_empty());
    let found = |digest: &'static str| Found {
        machine: &id,
        key: "k1",
        cause: conflict::Cause::Evidence,
        hostname: "PC-02",
        signs: &other,
        digest,
        envelope: b"other",
    };
    for digest in ["e1", "e1", "e2"] {
        conflict::note(&mut tx, found(digest), at(9)).await.unwrap();
    }
    let open = conflict::open(&mut tx, &id).await.unwrap();
    assert_eq!((open.len(), open[0].reports, open[0].digest.as_str()), (1, 2, "e2"));
    assert_eq!(open[0].signs, other);
    assert_eq!(conflict::all_open(&mut tx).await.unwrap(), open);
    assert_eq!(counts::conflicts(&mut tx, &listing::Scope::everything()).await.unwrap(), 1);
    conflict::end(&mut tx, &open[0], "admin", at(9)).await.unwrap();
    assert!(conflict::open(&mut tx, &id).await.unwrap().is_empty());
    assert_eq!(counts::conflicts(&mut tx, &listing::Scope::everything()).await.unwrap(), 0);
    sign::set(&mut tx, &id, &other).await.unwrap();
    assert_eq!(sign::of(&mut tx, &id).await.unwrap(), other);
    let again = Newcomer { hostname: "PC-01", agent: "0.1.1", role: "clerk" };
    machine::settle(&mut tx, &id, &commune, again, at(7)).await.unwrap();
    machine::greet(&mut tx, &id, again, at(7)).await.unwrap();
    assert_eq!(machine::joined_by(&mut tx, &id).await.unwrap(), (Some(commune.id.clone()), false));

    let mark = Mark {
        grade: "needs_work".to_owned(),
        score: Some(70),
        coverage: 90,
        decided_by: Some("memory-size".to_owned()),
        ruleset: "own".to_owned(),
        rules_digest: "r1".to_owned(),
        waived: 1,
        switched_off: 2,
        unsure: 1,
        opinion: "only_rules".to_owned(),
        opinion_why: "{}".to_owned(),
        verdicts: "f1".to_owned(),
    };
    let packed = assessment::Packed::of("{}", None).unwrap();
    let judgement = Judgement {
        machine: &id,
        report: &report,
        cause: Cause::Report,
        day: jiff::civil::date(2026, 11, 22),
        mark: &mark,
        body: assessment::Body::Packed(&packed),
    };
    let judged = assessment::add(&mut tx, judgement, at(9)).await.unwrap();
    let portrait = Portrait {
        hostname: Some("PC-01.example".to_owned()),
        os: "Debian 12".to_owned(),
        ..Portrait::default()
    };
    machine::portray(&mut tx, &id, &report, at(8), &portrait, at(9)).await.unwrap();
    machine::grade(&mut tx, &[machine::Graded { machine: &id, assessment: Some(&judged), mark: &mark }])
        .await
        .unwrap();
    machine::seen(&mut tx, &id, at(10)).await.unwrap();
    let finding = |rule: &str, outcome: &str| Finding {
        rule: rule.to_owned(),
        outcome: outcome.to_owned(),
        severity: "major".to_owned(),
        switched_off: rule == "b",
    };
    for findings in [
        vec![finding("a", "fail"), finding("b", "fail")],
        vec![finding("b", "partial"), finding("c", "unknown")],
        vec![],
    ] {
        assessment::set_findings(&mut tx, &id, &findings).await.unwrap();
        assert_eq!(assessment::findings(&mut tx, &id).await.unwrap(), findings);
    }
    let standing = key::standing(&mut tx, "k1").await.unwrap().unwrap();
    assert_eq!((standing.sequence, standing.latest), (5, Some((at(8).as_millisecond(), 5))));
    assert_eq!((standing.grade.as_str(), standing.score), ("needs_work", Some(70)));
    let evidence = machine::evidence(&mut tx, Among::All, "", 10).await.unwrap();
    assert_eq!(evidence.len(), 1);
    let one = &evidence[0];
    assert_eq!((one.assessment.as_deref(), &one.mark), (Some(judged.as_str()), &mark));
    let kept = report::kept(&mut tx, &[&one.report, "gone"]).await.unwrap();
    let whole = report::Kept { envelope: b"bytes".to_vec(), base: None };
    assert_eq!(kept, BTreeMap::from([(one.report.clone(), whole)]));
    assert_eq!(machine::moved(&mut tx, &[one]).await.unwrap(), [] as [&machine::Evidence; 0]);
    assert!(machine::judged_by(&mut tx, &[one], "r2").await.unwrap().is_empty());
    assert_eq!(machine::moved(&mut tx, &[one]).await.unwrap(), [one], "other rules judged it since");
    assert_eq!(machine::judged_by(&mut tx, &[one], "r1").await.unwrap(), [one], "it stands otherwise");
    machine::grade(&mut tx, &[machine::Graded { machine: &id, assessment: Some(&judged), mark: &mark }])
        .await
        .unwrap();
    assert_eq!(machine::evidence(&mut tx, Among::All, &id, 10).await.unwrap(), []);
    let below = [Among::Below(&commune.path), Among::Below("elsewhere/"), Among::One(&id), Among::One("m")];
    let mut found = Vec::new();
    for among in below {
        found.push(machine::evidence(&mut tx, among, "", 10).await.unwrap().len());
    }
    assert_eq!(found, [1, 0, 1, 0]);
    let (all, none) = (Scope::subtree(&province.path), Scope::subtree("elsewhere/"));
    let latest = fleet::latest(&mut tx, &all, "", 10).await.unwrap();
    assert_eq!(
        (latest.len(), latest[0].machine.as_str(), latest[0].envelope.as_slice()),
        (1, id.as_str(), b"bytes".as_slice())
    );
    assert_eq!(fleet::latest(&mut tx, &all, &id, 10).await.unwrap(), []);
    assert_eq!(fleet::latest(&mut tx, &none, "", 10).await.unwrap(), []);
    assert_eq!(fleet::reported(&mut tx, &all).await.unwrap(), 1);
    assert_eq!(fleet::reported(&mut tx, &none).await.unwrap(), 0);
    assert_eq!((machine::reported(&mut tx).await.unwrap(), report::count(&mut tx).await.unwrap()), (1, 1));

    assert_eq!(assessment::latest(&mut tx, &id).await.unwrap().as_deref(), Some("{}"));
    assert_eq!(assessment::body(&mut tx, &judged).await.unwrap().as_deref(), Some("{}"));
    assert_eq!(assessment::body(&mut tx, "nothing").await.unwrap(), None);
    let ground = assessment::ground(&mut tx, &id).await.unwrap();
    assert_eq!(
        assessment::Packed::of("{}", ground.as_ref()).unwrap(),
        assessment::Packed::of("{}", None).unwrap()
    );
    assert_eq!(assessment::ground(&mut tx, "nobody").await.unwrap(), None);

    assert_eq!(assessment::count(&mut tx, &id).await.unwrap(), 1);
    assert_eq!(unit::by_id(&mut tx, &commune.id).await.unwrap(), commune);

    // What pages show of it, to those who may see the province, and to those who may see another district.
    assessment::set_findings(&mut tx, &id, &[finding("memory-size", "fail")]).await.unwrap();
    let (here, elsewhere) = (Scope::subtree(&province.path), Scope::subtree("elsewhere/"));
    let all = Filter::all(here.clone());
    let listed = listing::machines(&mut tx, &all, Sort::Name, Direction::Up, None, 10).await.unwrap();
    assert_eq!(listed.iter().map(|row| row.hostname.as_str()).collect::<Vec<_>>(), ["PC-01.example"]);
    let behind = Cursor::behind(&listed[0]);
    assert_eq!(
        listing::machines(&mut tx, &all, Sort::Name, Direction::Up, Some(&behind), 10).await.unwrap(),
        []
    );
    assert_eq!(listing::machine(&mut tx, &here, &id).await.unwrap().as_ref(), listed.first());
    assert_eq!(listing::machine(&mut tx, &elsewhere, &id).await.unwrap(), None);
    let grades = listing::grades(&mut tx, &all).await.unwrap();
    assert_eq!((grades.of(rules::assess::Grade::NeedsWork), grades.all()), (1, 1));
    let by_unit = listing::grades_by_unit(&mut tx, &here).await.unwrap();
    assert_eq!(
        by_unit.into_iter().map(|(unit, grades)| (unit, grades.all())).collect::<Vec<_>>(),
        [(commune.id.clone(), 1)]
    );
    assert_eq!(listing::units(&mut tx, &here).await.unwrap().len(), 5);
    assert_eq!(listing::units(&mut tx, &elsewhere).await.unwrap(), []);
    let below = Scope::subtree(&commune.path);
    for (scope, expected) in
        [(&here, vec![&province.id, &commune.id]), (&below, vec![&commune.id]), (&elsewhere, vec![])]
    {
        let lineage = listing::lineage(&mut tx, scope, &commune.id).await.unwrap();
        let ids: Vec<&String> = lineage.iter().map(|unit| &unit.id).collect();
        assert!(ids.first() == expected.first() && ids.last() == expected.last(), "{ids:?}");
    }
    assert!(unit::roots(&mut tx).await.unwrap() > 0);
    let ids = |units: Vec<unit::Unit>| units.into_iter().map(|unit| unit.id).collect::<Vec<_>>();
    assert_eq!(ids(unit::tree_in(&mut tx, &below).await.unwrap()), [commune.id.as_str()]);
    let around = ids(unit::tree_around(&mut tx, &below).await.unwrap());
    assert_eq!((around.first(), around.last()), (Some(&province.id), Some(&commune.id)));
    assert_eq!(unit::tree_in(&mut tx, &elsewhere).await.unwrap(), []);
    let found = counts::findings(&mut tx, &here).await.unwrap();
    assert_eq!(found.into_iter().collect::<Vec<_>>(), [(("memory-size".to_owned(), "fail".to_owned()), 1)]);
    assert!(counts::findings(&mut tx, &elsewhere).await.unwrap().is_empty());
    let aside = counts::findings_aside(&mut tx, &here, "another").await.unwrap();
    assert_eq!(aside, [(("memory-size".to_owned(), "fail".to_owned()), 1)].into());
    assert!(counts::findings_aside(&mut tx, &here, "own").await.unwrap().is_empty());
    assert!(counts::findings_aside(&mut tx, &elsewhere, "another").await.unwrap().is_empty());
    assessment::set_findings(&mut tx, &id, &[finding("b", "fail"), finding("c", "waived")]).await.unwrap();
    assert_eq!(counts::switched_off(&mut tx, &here).await.unwrap(), [("b".to_owned(), 1)].into());
    assert!(counts::switched_off(&mut tx, &elsewhere).await.unwrap().is_empty());
    let said = counts::findings_of(&mut tx, &here, ["a", "b", "c", "d"]).await.unwrap();
    let of = [("b".to_owned(), "fail".to_owned()), ("c".to_owned(), "waived".to_owned())].into();
    assert_eq!(said, [(id.clone(), of)].into());
    let said = counts::findings_of(&mut tx, &here, ["d"; 4]).await.unwrap();
    assert_eq!(said, [(id.clone(), [].into())].into(), "judged, and everything passes");
    assert!(counts::findings_of(&mut tx, &elsewhere, ["b"; 4]).await.unwrap().is_empty());
    let noted = counts::Noted { switched_off: 1, only_rules: 1, ..counts::Noted::default() };
    assert_eq!(counts::noted(&mut tx, &here).await.unwrap(), noted);
    assert_eq!(counts::noted(&mut tx, &elsewhere).await.unwrap(), counts::Noted::default());
    // What is not ready needs nobody to doubt it.
    let ready = Mark { grade: "ready".to_owned(), ..mark.clone() };
    machine::grade(&mut tx, &[machine::Graded { machine: &id, assessment: Some(&judged), mark: &ready }])
        .await
        .unwrap();
    let noted = counts::noted(&mut tx, &here).await.unwrap();
    assert_eq!((noted.unsure, noted.waived), (1, 1));
    machine::grade(&mut tx, &[machine::Graded { machine: &id, assessment: Some(&judged), mark: &mark }])
        .await
        .unwrap();
    let plain = Filter::all(here.clone());
    let asked = |rule: Option<&str>, switched_off, waived, opinion| Filter {
        rule: rule.map(str::to_owned),
        switched_off,
        waived,
        opinion,
        ..plain.clone()
    };
    let mut found = Vec::new();
    for filter in [
        asked(None, true, false, None),
        asked(None, false, true, Some("only_rules")),
        asked(None, false, false, Some("same")),
        asked(Some("b"), true, false, None),
        asked(Some("c"), true, false, None),
        asked(Some("b"), false, true, None),
        asked(Some("c"), false, true, None),
        asked(Some("b"), false, false, None),
        asked(Some("c"), false, false, None),
        Filter { unsure: true, ..plain.clone() },
        Filter { unsure: true, scope: elsewhere.clone(), ..plain.clone() },
    ] {
        let rows = listing::machines(&mut tx, &filter, Sort::Score, Direction::Up, None, 9).await.unwrap();
        assert_eq!(
            i64::try_from(rows.len()).unwrap(),
            listing::grades(&mut tx, &filter).await.unwrap().all()
        );
        found.push(rows.len());
    }
    assert_eq!(found, [1, 1, 0, 1, 0, 0, 1, 1, 0, 1, 0]);
    let judged_roles = counts::judged(&mut tx, &here).await.unwrap();
    assert_eq!(judged_roles, [(("own".to_owned(), "clerk".to_owned()), 1)].into());
    assert_eq!(counts::silent(&mut tx, &here, at(11)).await.unwrap(), (1, 0));
    assert_eq!(counts::silent(&mut tx, &here, at(10)).await.unwrap(), (0, 0));
    assert_eq!(assessment::body(&mut tx, &judged).await.unwrap().as_deref(), Some("{}"));
    let kept = listing::evidence(&mut tx, &report).await.unwrap().unwrap();
    assert_eq!(
        (kept.envelope.as_slice(), kept.digest.as_str(), kept.via.as_str()),
        (b"bytes".as_slice(), "d5", "https")
    );
    let turns = listing::turns(&mut tx, &id, 10).await.unwrap();
    assert_eq!(
        turns.iter().map(|turn| (turn.cause.as_str(), turn.score)).collect::<Vec<_>>(),
        [("report", Some(70))]
    );

    // The rules that judged can be found again.
    let set = rules_text::Text {
        digest: "s1".to_owned(),
        kind: rules_text::Kind::Set,
        id: "office".to_owned(),
        text: "[ruleset]".to_owned(),
        beside: vec!["s2".to_owned(), "s3".to_owned()],
    };
    let table = rules_text::Text {
        digest: "l1".to_owned(),
        kind: rules_text::Kind::Lifecycle,
        id: "lifecycle".to_owned(),
        text: "dated".to_owned(),
        beside: vec![],
    };
    let pair = rules_text::Pair {
        digest: "r1".to_owned(),
        ruleset: "s1".to_owned(),
        lifecycle: "l1".to_owned(),
        settings: "{}".to_owned(),
        waived: vec!["memory-size".to_owned(), "tpm".to_owned()],
    };
    for (text, second) in
        [(&set, 8), (&table, 8), (&rules_text::Text { text: "#".to_owned(), ..set.clone() }, 9)]
    {
        rules_text::put(&mut tx, text, at(second)).await.unwrap();
    }
    for second in [8, 9] {
        rules_text::put_pair(&mut tx, &pair, at(second)).await.unwrap();
    }
    assert_eq!(rules_text::find(&mut tx, "s1").await.unwrap(), Some(set), "the first text of a digest stays");
    assert_eq!(rules_text::find(&mut tx, "s2").await.unwrap(), None);
    assert_eq!(rules_text::pair(&mut tx, "r1").await.unwrap(), Some(pair));
    assert_eq!(rules_text::pair(&mut tx, "r2").await.unwrap(), None);
    let archived = rules_text::list(&mut tx).await.unwrap();
    let archived = archived.iter().map(|a| (a.digest.as_str(), a.first_used_at, a.machines));
    assert_eq!(archived.collect::<Vec<_>>(), [("l1", at(8), 1), ("s1", at(8), 1)]);
    let named = rules_text::named(&mut tx).await.unwrap();
    let named = named.iter().map(|one| (one.digest.as_str(), one.kind, one.first_used_at));
    let kinds = [("l1", rules_text::Kind::Lifecycle, at(8)), ("s1", rules_text::Kind::Set, at(8))];
    assert_eq!(named.collect::<Vec<_>>(), kinds);
    let activation = |second, before: Option<&str>, counts| rules_text::Activation {
        at: at(second),
        actor: "lan".to_owned(),
        ruleset: "office".to_owned(),
        before: before.map(str::to_owned),
        after: Some("s1".to_owned()),
        reason: "a decision".to_owned(),
        counts,
    };
    let (first, second) = (activation(8, None, None), activation(9, Some("s0"), Some((2, 1))));
    rules_text::activate(&mut tx, &first).await.unwrap();
    rules_text::activate(&mut tx, &second).await.unwrap();
    assert_eq!(rules_text::activations(&mut tx, 1).await.unwrap(), std::slice::from_ref(&second));
    assert_eq!(rules_text::activations(&mut tx, 9).await.unwrap(), [second, first]);
    assert_eq!(rules_text::counted(&mut tx, (2, 1)).await.unwrap(), ["office"]);
    assert_eq!(rules_text::counted(&mut tx, (3, 3)).await.unwrap(), Vec::<String>::new());

    // The district goes: the commune hangs below the province, its machine with it.
    let draft = scenario::Draft {
        name: "2027",
        unit_path: &commune.path,
        place: "Xã Pù Nhi",
        wish: "{}",
        outcome: "1",
        by: "an",
    };
    scenario::add(&mut tx, draft, at(10)).await.unwrap();
    let ward = naming("14863", "Phường Pù Nhi", "Pù Nhi", "ward");
    unit::alter(&mut tx, &commune.id, Some(&province.id), &ward, day(30)).await.unwrap();
    let moved = machine::unit(&mut tx, &id).await.unwrap();
    assert_eq!(
        (moved.name.as_str(), moved.path.clone()),
        ("Phường Pù Nhi", format!("{}{}/", province.path, commune.id))
    );
    let plans = scenario::all(&mut tx, &Scope::subtree(&moved.path)).await.unwrap();
    assert_eq!(plans.len(), 1, "plans go with their unit");
    assert_eq!(unit::by_code(&mut tx, "14863").await.unwrap(), [moved]);
    let province_again = naming("38", "Tỉnh Thanh Hóa", "Thanh Hóa", "province");
    let below_itself = unit::alter(&mut tx, &province.id, Some(&commune.id), &province_again, day(30)).await;
    assert!(below_itself.is_err());

    key::withdraw(&mut tx, "k1", at(11)).await.unwrap();
    key::withdraw_all(&mut tx, &id, at(12)).await.unwrap();
    assert!(key::standing(&mut tx, "k1").await.unwrap().unwrap().withdrawn);
    assert_eq!(setting::find(&mut tx, "rules").await.unwrap(), None);
    setting::put(&mut tx, "rules", "r1").await.unwrap();
    setting::put(&mut tx, "rules", "r2").await.unwrap();
    assert_eq!(setting::find(&mut tx, "rules").await.unwrap().as_deref(), Some("r2"));

    // What is committed is there for another who opens the file; what is not, never happened.
    tx.commit().await.unwrap();
    store.close().await;
    let store = Store::open(&folder.0.join("collector.db")).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    setting::put(&mut tx, "rules", "r3").await.unwrap();
    drop(tx);
    let mut tx = store.read().await.unwrap();
    assert_eq!(setting::find(&mut tx, "rules").await.unwrap().as_deref(), Some("r2"));
}

#[tokio::test]
async fn a_person_signs_in_and_out() {
    let (_folder, store) = opened().await;
    let mut tx = store.begin().await.unwrap();
    let unit = unit::add(&mut tx, None, &naming("38", "Tỉnh", "Tỉnh", "province"), at(0)).await.unwrap();
    assert_eq!(account::count(&mut tx).await.unwrap(), 0);
    let lan = account::add(&mut tx, at(1), "Lan", "hash", Standing::Analyst, Some(&unit.id)).await.unwrap();
    assert_eq!(account::count(&mut tx).await.unwrap(), 1);
    account::set_password(&mut tx, &lan, "another").await.unwrap();
    let found = account::of_name(&mut tx, " LAN").await.unwrap().unwrap();
    assert_eq!(
        (found.id.as_str(), found.password.as_str(), found.standing),
        (lan.as_str(), "another", Standing::Analyst)
    );
    assert!(account::of_name(&mut tx, "minh").await.unwrap().is_none());

    for (token, until) in [("t1", 100), ("t2", 100), ("t3", 100), ("t4", 5)] {
        session::add(&mut tx, at(2), token, &lan, "form", at(until)).await.unwrap();
    }
    session::touch(&mut tx, at(4), "t1").await.unwrap();
    let found = session::of_token(&mut tx, "t1").await.unwrap().unwrap();
    assert_eq!((found.name.as_str(), found.seen_at, found.unit.unwrap().1), ("lan", at(4), unit.path));
    session::remove(&mut tx, "t2").await.unwrap();
    session::sweep(&mut tx, at(5), at(1)).await.unwrap();
    let mut left = Vec::new();
    for token in ["t1", "t2", "t3", "t4"] {
        left.push(session::of_token(&mut tx, token).await.unwrap().is_some());
    }
    assert_eq!(left, [true, false, true, false]);
    session::remove_others(&mut tx, &lan, "t1").await.unwrap();
    assert!(session::of_token(&mut tx, "t3").await.unwrap().is_none());

    audit::add(&mut tx, at(6), "lan", "sign-in", "lan", "").await.unwrap();
    audit::add(&mut tx, at(7), "lan", "sign-out", "lan", "").await.unwrap();
    let any = audit::Filter::default();
    let newest = audit::newest(&mut tx, any, None, 1).await.unwrap();
    assert_eq!((newest.len(), newest[0].action.as_str()), (1, "sign-out"));
    let before = audit::newest(&mut tx, any, Some(&newest[0].id), 10).await.unwrap();
    assert_eq!(before.iter().map(|entry| entry.action.as_str()).collect::<Vec<_>>(), ["sign-in"]);
    audit::add(&mut tx, at(8), "an", "user-add", "lan", "").await.unwrap();
    for (filter, count) in [
        (audit::Filter { without_sessions: true, ..any }, 1),
        (audit::Filter { action: "sign-in", ..any }, 1),
        (audit::Filter { actor: "lan", ..any }, 2),
    ] {
        assert_eq!(audit::newest(&mut tx, filter, None, 9).await.unwrap().len(), count, "{filter:?}");
    }
    assert_eq!(audit::actors(&mut tx).await.unwrap(), ["an", "lan"]);
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_newer_schema_is_told() {
    let (folder, store) = opened().await;
    let mut tx = store.begin().await.unwrap();
    sql!(&mut tx, |c| sqlx::query("INSERT INTO schema_version (version) VALUES (999)")
        .execute(c)
        .await
        .unwrap());
    tx.commit().await.unwrap();
    store.close().await;
    let error = Store::open(&folder.0.join("collector.db")).await.err().unwrap();
    assert!(format!("{error:#}").contains("use a newer program"), "{error:#}");
}

#[tokio::test]
async fn a_full_disk_spoils_only_what_did_not_fit() {
    let (_folder, store) = opened().await;
    let mut tx = store.begin().await.unwrap();
    setting::put(&mut tx, "kept", "yes").await.unwrap();
    tx.commit().await.unwrap();
    for _ in 0..3 {
        let mut tx = store.begin().await.unwrap();
        // A limit on pages is how to fill a disk: it holds for this connection alone.
        sql!(&mut tx, |c| sqlx::raw_sql("PRAGMA max_page_count = 1").execute(c).await.unwrap());
        let error = setting::put(&mut tx, "large", &"x".repeat(4_000_000)).await.unwrap_err();
        assert!(format!("{error:#}").contains("full"), "{error:#}");
    }
    // There is room again: the next one is served.
    let mut tx = store.begin().await.unwrap();
    assert_eq!(setting::find(&mut tx, "large").await.unwrap(), None);
    assert_eq!(setting::find(&mut tx, "kept").await.unwrap().as_deref(), Some("yes"));
    setting::put(&mut tx, "after", "yes").await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn exceptions_begin_and_end() {
    let (_folder, store) = opened().await;
    let mut tx = store.begin().await.unwrap();
    let province = unit::add(&mut tx, None, &naming("38", "Tỉnh Thanh Hóa", "Thanh Hóa", "province"), at(0))
        .await
        .unwrap();
    let commune =
        unit::add(&mut tx, Some(&province), &naming("14863", "Xã Pù Nhi", "Pù Nhi", "commune"), at(1))
            .await
            .unwrap();
    let newcomer = Newcomer { hostname: "PC-01", agent: "0.1.0", role: "clerk" };
    let id = machine::add(&mut tx, &commune, newcomer, at(2)).await.unwrap();
    let day = |day| jiff::civil::date(2026, 12, day);
    let grant = |reach, rule, ends_on| Grant { reach, rule, reason: "máy quét cũ", by: "an", ends_on };

    let own = waiver::grant(&mut tx, grant(Reach::Machine(&id), "smb1", day(10)), at(3)).await.unwrap();
    waiver::grant(&mut tx, grant(Reach::Unit(&province.id), "printer", day(20)), at(4)).await.unwrap();
    assert!(waiver::grant(&mut tx, grant(Reach::Unit("nowhere"), "printer", day(20)), at(4)).await.is_err());
    let mut held = Vec::new();
    for on in [day(10), day(11), day(21)] {
        let rules = waiver::holding(&mut tx, &id, &commune.path, on).await.unwrap();
        assert_eq!(waiver::all_holding(&mut tx, on).await.unwrap().of(&id, &commune.path), rules);
        held.push(rules.into_iter().collect::<Vec<_>>().join(" "));
    }
    assert_eq!(held, ["printer smb1", "printer", ""]);
    // Another machine in the province has only what its unit has.
    assert_eq!(waiver::holding(&mut tx, "other", &province.path, day(1)).await.unwrap().len(), 1);

    let finding = |outcome: &str| Finding {
        rule: "smb1".to_owned(),
        outcome: outcome.to_owned(),
        severity: "major".to_owned(),
        switched_off: false,
    };
    assessment::set_findings(&mut tx, &id, &[finding("waived")]).await.unwrap();
    let told = |waivers: Vec<waiver::Waiver>| {
        let line = |waiver: waiver::Waiver| format!("{} {} {}", waiver.rule, waiver.matches, waiver.ends_on);
        waivers.into_iter().map(line).collect::<Vec<_>>()
    };
    assert_eq!(told(waiver::all(&mut tx, "").await.unwrap()), ["smb1 1 2026-12-10", "printer 0 2026-12-20"]);
    assert_eq!(told(waiver::all(&mut tx, &commune.path).await.unwrap()), ["smb1 1 2026-12-10"]);
    assert_eq!(told(waiver::run_out(&mut tx, day(11)).await.unwrap()), ["smb1 1 2026-12-10"]);
    assert_eq!(waiver::matches(&mut tx, &own, "smb1").await.unwrap(), 1, "whatever it was granted for");
    assert_eq!(waiver::matches(&mut tx, &own, "printer").await.unwrap(), 0);
    let alike = waiver::alike(&mut tx, Reach::Machine(&id), "smb1").await.unwrap();
    assert_eq!(alike, [(own.clone(), day(10))]);
    assert_eq!(waiver::alike(&mut tx, Reach::Unit(&province.id), "smb1").await.unwrap(), []);
    assert!(waiver::end(&mut tx, &own, "an", at(5)).await.unwrap());
    assert!(!waiver::end(&mut tx, &own, "an", at(6)).await.unwrap(), "it has ended before");
    assert_eq!(waiver::find(&mut tx, &own).await.unwrap().unwrap().ended.unwrap().1, "an");
    assert!(waiver::run_out(&mut tx, day(11)).await.unwrap().is_empty());
    assert_eq!(waiver::holding(&mut tx, &id, &commune.path, day(1)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn units_set_what_judges() {
    let (_folder, store) = opened().await;
    let mut tx = store.begin().await.unwrap();
    let province = unit::add(&mut tx, None, &naming("38", "Tỉnh Thanh Hóa", "Thanh Hóa", "province"), at(0))
        .await
        .unwrap();
    let commune =
        unit::add(&mut tx, Some(&province), &naming("14863", "Xã Pù Nhi", "Pù Nhi", "commune"), at(1))
            .await
            .unwrap();
    // What a unit declares: of one day what was said last holds, and what was said for a day gone by is history.
    let sheet = |unit, day: i8| declaration::Sheet {
        unit,
        declared_on: jiff::civil::date(2026, 11, day),
        declared_by: "an",
        note: "phiếu",
    };
    for (day, value, second) in [(5, "true", 1), (5, "false", 2), (1, "true", 3)] {
        declaration::add(&mut tx, sheet(&commune.id, day), "wifi", value, at(second)).await.unwrap();
    }
    declaration::add(&mut tx, sheet(&province.id, 5), "internet_mbps", "100", at(4)).await.unwrap();
    assert!(declaration::add(&mut tx, sheet("nowhere", 5), "wifi", "true", at(4)).await.is_err());
    let history = declaration::history(&mut tx, &commune.id).await.unwrap();
    let told: Vec<(i8, &str)> =
        history.iter().map(|one| (one.declared_on.day(), one.value.as_str())).collect();
    assert_eq!(told, [(5, "false"), (5, "true"), (1, "true")]);
    let latest = declaration::latest(&mut tx, &Scope::everything()).await.unwrap();
    assert_eq!((latest.len(), latest[&commune.id]["wifi"].value.as_str()), (2, "false"));
    assert_eq!(latest[&province.id]["internet_mbps"].note, "phiếu");
    assert_eq!(declaration::latest(&mut tx, &Scope::subtree(&commune.path)).await.unwrap().len(), 1);

    let wish = |unit, value| parameter::Wish {
        unit,
        ruleset: "office",
        name: "floor",
        value,
        reason: "Công văn 12",
        by: "an",
    };
    parameter::set(&mut tx, wish(&province.id, "1"), at(2)).await.unwrap();
    parameter::set(&mut tx, wish(&province.id, "2"), at(3)).await.unwrap();
    parameter::set(&mut tx, wish(&commune.id, "3"), at(4)).await.unwrap();
    assert!(parameter::set(&mut tx, wish("nowhere", "4"), at(4)).await.is_err());
    let told = |all: Vec<parameter::Parameter>| {
        all.into_iter().map(|one| format!("{} {} {}", one.unit.1, one.value, one.set_at)).collect::<Vec<_>>()
    };
    let at_three = at(3).as_millisecond();
    let of_province = format!("Tỉnh Thanh Hóa 2 {at_three}");
    let of_commune = format!("Xã Pù Nhi 3 {}", at(4).as_millisecond());
    assert_eq!(
        told(parameter::above(&mut tx, &commune.path).await.unwrap()),
        [of_province.clone(), of_commune.clone()]
    );
    assert_eq!(told(parameter::above(&mut tx, &province.path).await.unwrap()), [of_province]);
    assert_eq!(told(parameter::below(&mut tx, &province.path).await.unwrap()), [of_commune]);
    let all = parameter::all_holding(&mut tx).await.unwrap();
    let mut held = Vec::new();
    for path in [&province.path, &commune.path, "elsewhere/"] {
        let values = parameter::holding(&mut tx, path).await.unwrap();
        assert_eq!(all.of(path), values);
        held.push(values.get("office").map_or("", |office| office["floor"].as_str()).to_owned());
    }
    assert_eq!(held, ["2", "3", ""]);
    assert!(parameter::remove(&mut tx, &commune.id, "office", "floor").await.unwrap());
    assert!(!parameter::remove(&mut tx, &commune.id, "office", "floor").await.unwrap());
}

#[tokio::test]
async fn seats_and_diagnoses() {
    let (_folder, store) = opened().await;
    let mut tx = store.begin().await.unwrap();
    let province = unit::add(&mut tx, None, &naming("38", "Tỉnh Thanh Hóa", "Thanh Hóa", "province"), at(0))
        .await
        .unwrap();
    let commune =
        unit::add(&mut tx, Some(&province), &naming("14863", "Xã Pù Nhi", "Pù Nhi", "commune"), at(1))
            .await
            .unwrap();
    unit::set_points(&mut tx, &commune.id, 2).await.unwrap();
    assert_eq!(unit::points(&mut tx).await.unwrap(), [(commune.id.clone(), 2)].into());

    let row = |role: &str, count| seat::Seats {
        unit: commune.id.clone(),
        role: role.to_owned(),
        group: "specialist".to_owned(),
        regime: "A/B".to_owned(),
        count,
    };
    seat::set(&mut tx, &commune.id, &[row("clerk", 1), row("officer", 9)]).await.unwrap();
    seat::set(&mut tx, &commune.id, &[row("clerk", 2)]).await.unwrap();
    assert_eq!(seat::of(&mut tx, &commune.id).await.unwrap(), [row("clerk", 2)]);
    assert_eq!(seat::all(&mut tx, &Scope::subtree(&province.path)).await.unwrap(), [row("clerk", 2)]);
    assert!(seat::all(&mut tx, &Scope::subtree("elsewhere/")).await.unwrap().is_empty());

    // What a unit declares; what it declared before is gone.
    let wish = |item: &str, have, price| wish::Wish {
        unit: commune.id.clone(),
        item: item.to_owned(),
        count: 2,
        have,
        price,
    };
    let wishes = [wish("firewall", 1, Some(40_000_000)), wish("wifi", 0, None)];
    wish::set(&mut tx, &commune.id, &[wish("switch", 0, None)]).await.unwrap();
    wish::set(&mut tx, &commune.id, &wishes).await.unwrap();
    assert_eq!(wish::all(&mut tx, &Scope::subtree(&province.path)).await.unwrap(), wishes);
    assert!(wish::all(&mut tx, &Scope::subtree("elsewhere/")).await.unwrap().is_empty());

    // A machine without a report has nothing to diagnose; one with a report does, until its diagnosis holds.
    let everything = Scope::everything();
    let newcomer = Newcomer { hostname: "PC-01", agent: "0.1.0", role: "clerk" };
    let id = machine::add(&mut tx, &commune, newcomer, at(2)).await.unwrap();
    key::add(&mut tx, "k1", &id, &[7; 32], at(2)).await.unwrap();
    let by = |terms: &str, book: &str| diagnosis::By { terms: terms.to_owned(), book: book.to_owned() };
    let book = by("", "book");
    assert_eq!(diagnosis::missing_count(&mut tx, &everything, &book).await.unwrap(), 0);
    let report = reported(&mut tx, &id, "k1", at(3)).await;
    let missing = diagnosis::missing(&mut tx, &everything, &book, "", 9).await.unwrap();
    let [one] = missing.as_slice() else { panic!("{missing:?}") };
    assert_eq!((one.latest.machine.as_str(), one.report.as_str()), (id.as_str(), report.as_str()));
    diagnosis::put(&mut tx, "", (&id, &report), &one.made_by, "{}").await.unwrap();
    assert_eq!(diagnosis::missing_count(&mut tx, &everything, &book).await.unwrap(), 0);
    assert_eq!(diagnosis::missing_count(&mut tx, &everything, &by("", "dearer")).await.unwrap(), 1);
    let made_by = diagnosis::made_by(&mut tx, &everything, "").await.unwrap();
    assert_eq!(made_by, [(id.clone(), one.made_by.as_str().into())].into());
    assert!(diagnosis::made_by(&mut tx, &everything, "- +10 -").await.unwrap().is_empty());
    assert!(diagnosis::missing(&mut tx, &everything, &book, "", 9).await.unwrap().is_empty());
    let all = diagnosis::all(&mut tx, &everything, "").await.unwrap();
    assert_eq!((all.len(), all[0].body.as_deref()), (1, Some("{}")));

    // What is tried stands beside what is in force, until it is thrown away.
    let trial = by("- +10 -", "book");
    assert_eq!(diagnosis::missing_count(&mut tx, &everything, &trial).await.unwrap(), 1);
    assert_eq!(diagnosis::all(&mut tx, &everything, "- +10 -").await.unwrap()[0].body, None);
    diagnosis::put(&mut tx, &trial.terms, (&id, &report), &one.made_by, "{\"a\":1}").await.unwrap();
    assert!(diagnosis::missing(&mut tx, &everything, &trial, "", 9).await.unwrap().is_empty());
    assert_eq!(diagnosis::trials(&mut tx).await.unwrap(), ["- +10 -"]);
    diagnosis::forget(&mut tx, "").await.unwrap();
    diagnosis::forget(&mut tx, "- +10 -").await.unwrap();
    assert!(diagnosis::trials(&mut tx).await.unwrap().is_empty());
    assert_eq!(diagnosis::all(&mut tx, &everything, "").await.unwrap(), all, "what is in force stays");

    // Another seat, for a machine that people know by its name.
    let everything = Scope::everything();
    assert_eq!(machine::names(&mut tx, &everything).await.unwrap(), [(id.clone(), "PC-01".to_owned())]);
    assert_eq!(machine::names(&mut tx, &Scope::subtree("elsewhere/")).await.unwrap(), []);
    let by_hand = (machine::Because::Hand, at(4));
    machine::seat(&mut tx, &id, &province, "leader", by_hand).await.unwrap();
    assert_eq!(machine::joined_by(&mut tx, &id).await.unwrap(), (Some(commune.id.clone()), true));
    assert_eq!(machine::unit(&mut tx, &id).await.unwrap(), province);
    assert_eq!(machine::role(&mut tx, &id).await.unwrap(), "leader");
    let filled = seat::filled(&mut tx, &everything).await.unwrap();
    assert_eq!(filled, [((province.id.clone(), "leader".to_owned()), (1, 0))].into());
}

/// A day of September 2026 in Vietnam; the story begins on the 21st.
fn day(day: i8) -> jiff::civil::Date {
    jiff::civil::date(2026, 9, day)
}

#[tokio::test]
async fn units_change_and_the_past_stays() {
    use super::past::Under;
    use super::unit::{Decision, EventKind, Part, Side};

    let (_folder, store) = opened().await;
    let mut tx = store.begin().await.unwrap();
    let add = async |tx: &mut Tx, parent, code: &str, kind: &str| {
        unit::add_on(tx, parent, &naming(code, code, code, kind), day(1), at(0)).await.unwrap()
    };
    let province = add(&mut tx, None, "38", "province").await;
    let old = add(&mut tx, Some(&province), "A", "commune").await;
    let new = add(&mut tx, Some(&province), "B", "commune").await;
    unit::date_back(&mut tx, &province.id, jiff::civil::date(2020, 1, 1)).await.unwrap();
    let standing = unit::standing(&mut tx).await.unwrap();
    let told = standing.iter().map(|one| (one.unit.code.as_str(), one.since.as_str(), one.points));
    assert_eq!(
        told.collect::<Vec<_>>(),
        [("38", "2020-01-01", 0), ("A", "2026-09-01", 0), ("B", "2026-09-01", 0)]
    );

    // Machines that joined, seats and a join code in the old one.
    let newcomer = Newcomer { hostname: "PC-01", agent: "0.1.0", role: "clerk" };
    let id = machine::add(&mut tx, &old, newcomer, at(0)).await.unwrap();
    let row = seat::Seats {
        unit: old.id.clone(),
        role: "clerk".to_owned(),
        group: "specialist".to_owned(),
        regime: "A/B".to_owned(),
        count: 2,
    };
    seat::set(&mut tx, &old.id, std::slice::from_ref(&row)).await.unwrap();
    seat::set(&mut tx, &new.id, &[seat::Seats { unit: new.id.clone(), count: 1, ..row.clone() }])
        .await
        .unwrap();
    let code = NewCode {
        secret_hash: "aa",
        unit: &old.id,
        role: "clerk",
        uses: 1,
        expires_at: at(9_000_000),
        created_by: "test",
    };
    join_code::add(&mut tx, code, at(1)).await.unwrap();
    account::add(&mut tx, at(1), "an", "$", account::Standing::Viewer, Some(&old.id)).await.unwrap();
    let grant = Grant { reach: Reach::Unit(&old.id), rule: "tpm", reason: "", by: "an", ends_on: day(30) };
    waiver::grant(&mut tx, grant, at(1)).await.unwrap();

    // It closes on the 25th. Nothing is lost from sight.
    let spell = naming("A", "Xã A", "A", "commune");
    unit::respell(&mut tx, &old.id, &spell).await.unwrap();
    unit::close(&mut tx, &old.id, day(25)).await.unwrap();
    assert!(unit::close(&mut tx, &old.id, day(26)).await.is_err(), "it is closed already");
    let by = Decision { day: day(25), legal_ref: "NQ 1", actor: "an", at: at(2) };
    let parts = [
        Part { is_part: true, ..Part::whole(&old.id, Side::From) },
        Part { share: Some(0.5), ..Part::whole(&new.id, Side::To) },
    ];
    unit::record(&mut tx, by, EventKind::Split, &parts).await.unwrap();
    let events = unit::events(&mut tx, &old.id).await.unwrap();
    assert_eq!((events.len(), events[0].kind, events[0].legal_ref.as_str()), (1, EventKind::Split, "NQ 1"));
    let told: Vec<_> = events[0].parts.iter().map(|(part, name)| (part.clone(), name.as_str())).collect();
    assert_eq!(told, [(parts[0].clone(), "Xã A"), (parts[1].clone(), "B")]);
    let codes = |tree: Vec<unit::Unit>| tree.into_iter().map(|unit| unit.code).collect::<Vec<_>>().join(" ");
    assert_eq!(codes(unit::tree(&mut tx).await.unwrap()), "38 A B");
    assert_eq!(unit::by_code(&mut tx, "A").await.unwrap(), []);
    assert_eq!(unit::spent_codes(&mut tx).await.unwrap(), [("A".to_owned(), "2026-09-25".to_owned())].into());
    let everything = Scope::everything();
    let waiting = past::stranded(&mut tx, &everything).await.unwrap();
    assert_eq!(
        (waiting.len(), waiting[0].id.as_str(), waiting[0].named.1.as_str()),
        (1, id.as_str(), "Xã A")
    );
    let closed = past::closed(&mut tx).await.unwrap();
    assert_eq!(closed[&old.id], ("A".to_owned(), "Xã A".to_owned(), "2026-09-25".to_owned()));
    let successors = past::successors(&mut tx).await.unwrap();
    assert_eq!(codes(successors[&old.id].clone()), "B");
    let left = estate::left(&mut tx, &everything).await.unwrap();
    let told: Vec<_> = left.iter().map(|one| (one.kind, one.told.as_str())).collect();
    assert_eq!(
        told,
        [(estate::Kind::Seats, "2"), (estate::Kind::Waiver, "tpm"), (estate::Kind::Account, "an")]
    );
    assert!(left.iter().all(|one| one.unit == old.id));
    assert!(estate::left(&mut tx, &Scope::subtree("elsewhere/")).await.unwrap().is_empty());
    assert!(estate::all(&mut tx).await.unwrap().contains_key(&new.id), "it has seats, and works");

    // All of it follows into the new one.
    let reform: Timestamp = "2026-09-24T17:00:00Z".parse().unwrap();
    let followed = machine::follow(&mut tx, &old, &new, reform).await.unwrap();
    assert_eq!(followed, machine::Followed { machines: 1, seats: 2, join_codes: 1 });
    assert_eq!(machine::unit(&mut tx, &id).await.unwrap(), new);
    assert_eq!(seat::of(&mut tx, &new.id).await.unwrap()[0].count, 3);
    assert_eq!(join_code::find(&mut tx, "aa", at(2)).await.unwrap().unwrap().unit, new.id);
    assert_eq!(machine::joined_by(&mut tx, &id).await.unwrap(), (Some(new.id.clone()), false));
    assert_eq!(codes(unit::tree(&mut tx).await.unwrap()), "38 B", "nothing hangs in the old one");

    // The past stays.
    for (on, expected) in [(20, "38 A B"), (25, "38 B")] {
        assert_eq!(codes(past::tree_on(&mut tx, day(on)).await.unwrap()), expected, "{on}");
    }
    let places = past::places(&mut tx, &id, |at| at.to_zoned(jiff::tz::TimeZone::UTC).date()).await.unwrap();
    let told: Vec<_> = places.iter().map(|one| (one.name.as_str(), one.cause.as_str())).collect();
    assert_eq!(told, [("B", "reform"), ("Xã A", "join")]);
    let one = |unit: &unit::Unit| {
        let mut grades = listing::Grades::default();
        grades.add(rules::assess::Grade::NoData, 1);
        [(unit.id.clone(), grades)].into()
    };
    for (moment, under, expected) in
        [(at(9), Under::Then, one(&old)), (at(9), Under::Today, one(&new)), (reform, Under::Then, one(&new))]
    {
        assert_eq!(
            past::grades_at(&mut tx, &everything, moment, under).await.unwrap(),
            expected,
            "{under:?}"
        );
    }
    assert!(past::grades_at(&mut tx, &everything, at(-9), Under::Then).await.unwrap().is_empty());
    let named = unit::namings(&mut tx, &old.id).await.unwrap();
    assert_eq!(
        (named.len(), named[0].to.as_deref(), named[0].above.as_deref()),
        (1, Some("2026-09-25"), Some("38"))
    );
}

#[tokio::test]
async fn plans_are_kept_and_submitted_ones_stay() {
    let (_folder, store) = opened().await;
    let mut tx = store.begin().await.unwrap();
    let draft = scenario::Draft {
        name: "Năm 2027",
        unit_path: "a/b/",
        place: "Xã Pù Nhi",
        wish: "{}",
        outcome: "1",
        by: "an",
    };
    let first = scenario::add(&mut tx, draft, at(1)).await.unwrap();
    let second = scenario::add(&mut tx, scenario::Draft { name: "Năm 2028", ..draft }, at(2)).await.unwrap();
    let names = |all: Vec<scenario::Scenario>| all.into_iter().map(|one| one.name).collect::<Vec<_>>();
    assert_eq!(names(scenario::all(&mut tx, &Scope::subtree("a/")).await.unwrap()), ["Năm 2028", "Năm 2027"]);
    assert!(scenario::all(&mut tx, &Scope::subtree("a/b/c/")).await.unwrap().is_empty());
    assert_eq!(scenario::workbook(&mut tx, &first).await.unwrap(), None, "a draft has none");
    assert_eq!(scenario::document(&mut tx, &first).await.unwrap(), None);
    assert!(scenario::submit(&mut tx, &first, ("2", "{}", b"PK"), "an", at(3)).await.unwrap());
    assert!(!scenario::submit(&mut tx, &first, ("3", "{}", b"xx"), "an", at(4)).await.unwrap());
    assert!(!scenario::remove(&mut tx, &first).await.unwrap(), "what was submitted stays");
    assert_eq!(scenario::workbook(&mut tx, &first).await.unwrap().as_deref(), Some(b"PK".as_slice()));
    assert_eq!(scenario::document(&mut tx, &first).await.unwrap().as_deref(), Some("{}"));
    assert!(scenario::remove(&mut tx, &second).await.unwrap());
    let left = scenario::all(&mut tx, &Scope::everything()).await.unwrap();
    assert_eq!((left.len(), left[0].outcome.as_str()), (1, "2"));
}

#[tokio::test]
async fn days_are_counted_and_targets_set() {
    use jiff::civil::date;
    use rules::assess::Grade;

    let (_folder, store) = opened().await;
    let mut tx = store.begin().await.unwrap();
    let province = unit::add(&mut tx, None, &naming("38", "Tỉnh Thanh Hóa", "Thanh Hóa", "province"), at(0))
        .await
        .unwrap();
    let commune =
        unit::add(&mut tx, Some(&province), &naming("14863", "Xã Pù Nhi", "Pù Nhi", "commune"), at(1))
            .await
            .unwrap();
    let of = |ready: i64| {
        let mut grades = listing::Grades::default();
        grades.add(Grade::Ready, ready);
        grades.add(Grade::NotReady, 1);
        grades
    };
    let (first, second) = (date(2026, 11, 21), date(2026, 11, 22));
    for (unit, day, ready) in [(&province, first, 1), (&commune, first, 2), (&commune, second, 3)] {
        tally::put(&mut tx, &unit.id, day, &of(ready)).await.unwrap();
    }
    tally::put(&mut tx, &commune.id, second, &of(4)).await.unwrap();
    assert_eq!(tally::units(&mut tx).await.unwrap().len(), 2);
    assert_eq!(tally::days(&mut tx).await.unwrap(), [first, second]);
    let both = [(first, of(2)), (second, of(4))];
    assert_eq!(tally::of(&mut tx, &commune.id, first).await.unwrap(), both);
    assert_eq!(tally::of(&mut tx, &commune.id, second).await.unwrap(), both[1..]);
    let kind = tally::of_kind(&mut tx, &Scope::subtree(&province.path), "commune", first).await.unwrap();
    assert_eq!(kind, [(commune.id.clone(), both.to_vec())].into());
    tally::forget(&mut tx, first).await.unwrap();
    assert_eq!(tally::days(&mut tx).await.unwrap(), [second]);

    // What is known of machines for days that nobody counted.
    let newcomer = Newcomer { hostname: "PC-01", agent: "0.1.0", role: "clerk" };
    let one = machine::add(&mut tx, &commune, newcomer, at(2)).await.unwrap();
    let two = machine::add(&mut tx, &commune, newcomer, at(3)).await.unwrap();
    key::add(&mut tx, "k1", &two, &[7; 32], at(3)).await.unwrap();
    let arrived = Arrived {
        machine: &two,
        key: "k1",
        sequence: 1,
        digest: "d1",
        taken_at: at(4),
        via: "https",
        envelope: b"bytes",
        base: None,
    };
    let report = report::add(&mut tx, arrived, at(4)).await.unwrap();
    let mark = Mark { grade: "ready".to_owned(), ..Mark::default() };
    let packed = assessment::Packed::of("{}", None).unwrap();
    let judgement = Judgement {
        machine: &two,
        report: &report,
        cause: Cause::Report,
        day: second,
        mark: &mark,
        body: assessment::Body::Packed(&packed),
    };
    assessment::add(&mut tx, judgement, at(5)).await.unwrap();
    let members = tally::members(&mut tx, "", 9, 0).await.unwrap();
    let told: Vec<(&str, usize)> =
        members.iter().map(|member| (member.machine.as_str(), member.turns.len())).collect();
    assert_eq!(told, [(one.as_str(), 0), (two.as_str(), 1)]);
    assert_eq!(members[1].turns, [(at(5).as_millisecond(), "ready".to_owned())]);
    assert_eq!(tally::members(&mut tx, &one, 9, at(6).as_millisecond()).await.unwrap()[0].turns, []);

    let target = target::Target { share_percent: 80, day: date(2027, 7, 1) };
    target::set(&mut tx, &province.id, target, "an", at(6)).await.unwrap();
    let later = target::Target { share_percent: 60, ..target };
    target::set(&mut tx, &commune.id, target, "an", at(7)).await.unwrap();
    target::set(&mut tx, &commune.id, later, "an", at(8)).await.unwrap();
    let all = target::all(&mut tx).await.unwrap();
    assert_eq!(target::at(&all, &commune.path), Some((commune.id.as_str(), later)));
    assert!(target::remove(&mut tx, &commune.id).await.unwrap());
    assert!(!target::remove(&mut tx, &commune.id).await.unwrap());
    let all = target::all(&mut tx).await.unwrap();
    assert_eq!(
        target::at(&all, &commune.path),
        Some((province.id.as_str(), target)),
        "that of the unit above"
    );
    assert_eq!(target::at(&all, "elsewhere/"), None);
}

#[tokio::test]
async fn work_is_done_and_confirmed() {
    let (_folder, store) = opened().await;
    let mut tx = store.begin().await.unwrap();
    let province = unit::add(&mut tx, None, &naming("38", "Tỉnh Thanh Hóa", "Thanh Hóa", "province"), at(0))
        .await
        .unwrap();
    let commune =
        unit::add(&mut tx, Some(&province), &naming("14863", "Xã Pù Nhi", "Pù Nhi", "commune"), at(1))
            .await
            .unwrap();
    let newcomer = Newcomer { hostname: "PC-01", agent: "0.1.0", role: "clerk" };
    let id = machine::add(&mut tx, &commune, newcomer, at(2)).await.unwrap();
    key::add(&mut tx, "k1", &id, &[7; 32], at(2)).await.unwrap();
    assert_eq!(work::room(&mut tx, &id).await.unwrap(), "");
    assert!(work::set_room(&mut tx, &id, "203").await.unwrap());
    assert!(!work::set_room(&mut tx, &id, "203").await.unwrap());
    assert_eq!(register::of(&mut tx, &id).await.unwrap(), register::Entry::default());
    let entry = register::Entry { number: "TS-01".to_owned(), ..register::Entry::default() };
    assert!(register::put(&mut tx, &id, &entry).await.unwrap());
    assert!(!register::put(&mut tx, &id, &entry).await.unwrap());
    assert_eq!(register::of(&mut tx, &id).await.unwrap(), entry);
    let all = register::all(&mut tx, &Scope::subtree(&province.path)).await.unwrap();
    assert_eq!(all, [(id.clone(), ("203".to_owned(), entry))].into());
    assert!(register::all(&mut tx, &Scope::subtree("elsewhere/")).await.unwrap().is_empty());
    work::set_team(&mut tx, &province.id, "Tổ 1").await.unwrap();
    let teams = work::teams(&mut tx).await.unwrap();
    assert_eq!(work::team_at(&teams, &commune.path), Some("Tổ 1"), "that of the unit above");
    assert_eq!(work::team_at(&teams, "elsewhere/"), None);

    let wanted = work::Wanted {
        machine: id.clone(),
        unit: commune.id.clone(),
        means: "upgrade".to_owned(),
        remedies: vec!["add-memory".to_owned(), "free-space".to_owned()],
        parts: vec!["ram-8g".to_owned()],
        rules: vec!["memory-size".to_owned()],
    };
    let one = work::add(&mut tx, &wanted, "an", at(10)).await.unwrap();
    let two =
        work::add(&mut tx, &work::Wanted { parts: vec![], ..wanted.clone() }, "an", at(11)).await.unwrap();
    let scope = Scope::subtree(&province.path);
    let all = work::all(&mut tx, &scope).await.unwrap();
    assert_eq!((all.len(), &all[0].wanted, all[0].room.as_str()), (2, &wanted, "203"));
    assert!(work::all(&mut tx, &Scope::subtree("elsewhere/")).await.unwrap().is_empty());
    assert!(work::remove(&mut tx, &two).await.unwrap());
    assert!(!work::remove(&mut tx, &two).await.unwrap());
    assert!(work::tick(&mut tx, &one, Some(("binh", at(20)))).await.unwrap());
    assert!(!work::tick(&mut tx, &one, Some(("chi", at(21)))).await.unwrap(), "it is ticked off");
    assert!(!work::remove(&mut tx, &one).await.unwrap(), "somebody has done it");
    assert_eq!(work::counts(&mut tx, &scope).await.unwrap(), (0, 1, 0));

    // Only a report after the tick counts, and each once.
    for (second, number) in [(15, 0), (30, 1), (40, 1), (40, 0)] {
        let arrived = Arrived {
            machine: &id,
            key: "k1",
            sequence: second,
            digest: "d",
            taken_at: at(second),
            via: "https",
            envelope: b"bytes",
            base: None,
        };
        if number == 1 || second == 15 {
            let report = report::add(&mut tx, arrived, at(second)).await.unwrap();
            machine::portray(&mut tx, &id, &report, at(second), &Portrait::default(), at(second))
                .await
                .unwrap();
        }
        let reported = work::reported(&mut tx, "", 9).await.unwrap();
        assert_eq!(reported.len(), number, "{second}");
        if let [found] = reported.as_slice() {
            assert!(
                found.is_there
                    && found.rules == ["memory-size"]
                    && found.taken_at == at(second).as_millisecond()
            );
            let failing = if second == 30 { vec!["memory-size".to_owned()] } else { vec![] };
            work::compare(&mut tx, found, &failing, second == 40).await.unwrap();
            let left = work::unconfirmed(&mut tx, &id).await.unwrap();
            let told: Vec<(bool, &[String])> =
                left.iter().map(|work| (work.is_checked, work.failing.as_slice())).collect();
            assert_eq!(told.len(), usize::from(second == 30));
            assert!(told.iter().all(|one| *one == (true, failing.as_slice())));
        }
    }
    assert_eq!(work::counts(&mut tx, &scope).await.unwrap(), (0, 0, 1));
    assert!(!work::tick(&mut tx, &one, None).await.unwrap(), "what is confirmed stays");
}

#[tokio::test]
async fn goods_are_asked_for_ticked_off_and_seen() {
    let (_folder, store) = opened().await;
    let mut tx = store.begin().await.unwrap();
    let unit = unit::add(&mut tx, None, &naming("38", "Tỉnh", "Tỉnh", "province"), at(0)).await.unwrap();
    let wanted = |item: &str, role: &str, count, base| goods::Wanted {
        unit: unit.id.clone(),
        means: "buy".to_owned(),
        item: item.to_owned(),
        role: role.to_owned(),
        count,
        base,
    };
    let scope = Scope::subtree(&unit.path);
    let one = goods::add(&mut tx, &wanted("pc", "clerk", 2, 0), "an", at(10)).await.unwrap();
    let two = goods::add(&mut tx, &wanted("printer", "", 1, 3), "an", at(11)).await.unwrap();
    let all = goods::all(&mut tx, &scope).await.unwrap();
    assert_eq!(
        (all.len(), all[0].wanted.clone(), all[0].unit_name.as_str()),
        (2, wanted("pc", "clerk", 2, 0), "Tỉnh")
    );
    assert!(goods::all(&mut tx, &Scope::subtree("elsewhere/")).await.unwrap().is_empty());
    assert_eq!(goods::counts(&mut tx, &scope).await.unwrap(), (2, 0, 0));
    assert!(goods::tick(&mut tx, &one, Some(("binh", at(20)))).await.unwrap());
    assert!(!goods::tick(&mut tx, &one, Some(("chi", at(21)))).await.unwrap(), "it is ticked off");
    assert!(!goods::remove(&mut tx, &one).await.unwrap(), "somebody has got it");
    assert!(goods::remove(&mut tx, &two).await.unwrap());
    assert_eq!(goods::counts(&mut tx, &scope).await.unwrap(), (0, 1, 0));

    // A machine that joins after, and reports.
    let after = at(10).as_millisecond();
    assert_eq!(goods::reported_at(&mut tx, &scope).await.unwrap(), None);
    let newcomer = Newcomer { hostname: "PC-01", agent: "0.1.0", role: "clerk" };
    let id = machine::add(&mut tx, &unit, newcomer, at(30)).await.unwrap();
    assert_eq!(
        goods::joined(&mut tx, &unit.id, "clerk", after).await.unwrap(),
        (0, None),
        "it has not reported"
    );
    key::add(&mut tx, "k1", &id, &[7; 32], at(30)).await.unwrap();
    let arrived = Arrived {
        machine: &id,
        key: "k1",
        sequence: 1,
        digest: "d1",
        taken_at: at(31),
        via: "https",
        envelope: b"bytes",
        base: None,
    };
    let report = report::add(&mut tx, arrived, at(31)).await.unwrap();
    machine::portray(&mut tx, &id, &report, at(31), &Portrait::default(), at(31)).await.unwrap();
    let taken = at(31).as_millisecond();
    assert_eq!(goods::joined(&mut tx, &unit.id, "clerk", after).await.unwrap(), (1, Some(taken)));
    assert_eq!(goods::joined(&mut tx, &unit.id, "leader", after).await.unwrap(), (0, None));
    assert_eq!(goods::joined(&mut tx, &unit.id, "clerk", taken).await.unwrap(), (0, None));
    assert_eq!(goods::reported_at(&mut tx, &scope).await.unwrap(), Some(taken));
    goods::seen(&mut tx, &one, 1, None).await.unwrap();
    goods::seen(&mut tx, &one, 2, Some(taken)).await.unwrap();
    goods::seen(&mut tx, &one, 0, None).await.unwrap();
    let all = goods::all(&mut tx, &scope).await.unwrap();
    assert_eq!((all[0].arrived, all[0].confirmed_at), (2, Some(taken)), "what is confirmed stays");
    assert!(!goods::tick(&mut tx, &one, None).await.unwrap());
    assert_eq!(goods::counts(&mut tx, &scope).await.unwrap(), (0, 0, 1));
}

/// Each sort of thing that a closed unit leaves goes to another one, or is dropped.
#[tokio::test]
async fn what_a_closed_unit_leaves() {
    use super::estate::Kind;

    let (_folder, store) = opened().await;
    let mut tx = store.begin().await.unwrap();
    let add = async |tx: &mut Tx, code: &str| {
        unit::add(tx, None, &naming(code, code, code, "commune"), at(0)).await.unwrap()
    };
    let (old, new) = (add(&mut tx, "A").await, add(&mut tx, "B").await);
    let wish = |unit: &unit::Unit, count, price| wish::Wish {
        unit: unit.id.clone(),
        item: "firewall".to_owned(),
        count,
        have: 1,
        price,
    };
    wish::set(&mut tx, &old.id, &[wish(&old, 2, Some(50))]).await.unwrap();
    wish::set(&mut tx, &new.id, &[wish(&new, 1, Some(40))]).await.unwrap();
    let target = target::Target { share_percent: 80, day: jiff::civil::date(2027, 7, 1) };
    target::set(&mut tx, &old.id, target, "an", at(1)).await.unwrap();
    let parameter = |unit| parameter::Wish {
        unit,
        ruleset: "own",
        name: "resolvers",
        value: "[\"10.0.0.1\"]",
        reason: "why",
        by: "an",
    };
    parameter::set(&mut tx, parameter(&old.id), at(1)).await.unwrap();
    parameter::set(&mut tx, parameter(&new.id), at(1)).await.unwrap();
    work::set_team(&mut tx, &old.id, "Tổ 1").await.unwrap();
    account::add(&mut tx, at(1), "an", "$", account::Standing::Viewer, Some(&old.id)).await.unwrap();
    let grant = Grant { reach: Reach::Unit(&old.id), rule: "tpm", reason: "cũ", by: "an", ends_on: day(30) };
    waiver::grant(&mut tx, grant, at(1)).await.unwrap();
    let wanted = goods::Wanted {
        unit: old.id.clone(),
        means: "buy".to_owned(),
        item: "printer".to_owned(),
        role: String::new(),
        count: 1,
        base: 0,
    };
    goods::add(&mut tx, &wanted, "an", at(1)).await.unwrap();
    let row = seat::Seats {
        unit: old.id.clone(),
        role: "clerk".to_owned(),
        group: "specialist".to_owned(),
        regime: "A/B".to_owned(),
        count: 2,
    };
    seat::set(&mut tx, &old.id, std::slice::from_ref(&row)).await.unwrap();
    unit::close(&mut tx, &old.id, day(25)).await.unwrap();
    let everything = Scope::everything();
    let left = estate::left(&mut tx, &everything).await.unwrap();
    let kinds: Vec<Kind> = left.iter().map(|one| one.kind).collect();
    assert_eq!(kinds, Kind::ALL, "one of each");
    assert!(Kind::ALL.iter().all(|kind| Kind::parse(kind.word()) == Some(*kind)));
    for one in &left {
        let went = estate::pass(&mut tx, one, &new.id, "chi", at(9)).await.unwrap();
        // The new unit has that parameter of its own.
        assert_eq!(went, one.kind != Kind::Parameter, "{one:?}");
    }
    let [parameter] = estate::left(&mut tx, &everything).await.unwrap().try_into().unwrap();
    assert!(estate::drop_left(&mut tx, &parameter, "chi", at(9)).await.unwrap());
    assert!(!estate::drop_left(&mut tx, &parameter, "chi", at(9)).await.unwrap());
    assert!(estate::left(&mut tx, &everything).await.unwrap().is_empty());

    assert_eq!(
        wish::all(&mut tx, &everything).await.unwrap(),
        [wish::Wish { have: 2, ..wish(&new, 3, Some(50)) }]
    );
    assert_eq!(target::all(&mut tx).await.unwrap(), [(new.id.clone(), target)].into());
    assert_eq!(work::teams(&mut tx).await.unwrap(), [(new.id.clone(), "Tổ 1".to_owned())].into());
    assert_eq!(seat::of(&mut tx, &new.id).await.unwrap(), [seat::Seats { unit: new.id.clone(), ..row }]);
    let waivers = waiver::all(&mut tx, "").await.unwrap();
    let told: Vec<_> =
        waivers.iter().map(|one| (one.unit.0.as_str(), one.ended.is_some(), one.ends_on)).collect();
    assert_eq!(told, [(new.id.as_str(), false, day(30)), (old.id.as_str(), true, day(30))]);
    let mine = estate::all(&mut tx).await.unwrap().remove(&new.id).unwrap();
    let one = |kind: Kind| mine.iter().find(|one| one.kind == kind).unwrap().clone();
    assert_eq!(one(Kind::Account).told, "an");
    assert!(!estate::drop_left(&mut tx, &one(Kind::Account), "chi", at(10)).await.unwrap(), "people stay");
    for kind in [Kind::Seats, Kind::Wish, Kind::Waiver, Kind::Target, Kind::Team, Kind::Goods] {
        assert!(estate::drop_left(&mut tx, &one(kind), "chi", at(10)).await.unwrap(), "{kind:?}");
    }
}
