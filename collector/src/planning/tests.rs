//! Plans of the known office.

use std::io::Cursor;

use calamine::{Data, Reader as _, Xlsx};
use rules::plan::{Means, Why};

use super::*;
use crate::sheet::english;
use crate::store::declaration::{self, Sheet};
use crate::web::office::{self, Office};
use crate::web::{amount, annex};
use crate::{inventory, rooms, seats, wishes};

fn bar() -> ProgressBar {
    ProgressBar::hidden()
}

async fn plan_of(office: &Office, scope: Scope, budgets: &[i64]) -> Planned {
    let wish = Wish {
        scope,
        norm: None,
        fund: "Ngân sách tỉnh".to_owned(),
        budgets: budgets.to_vec(),
        years: 1,
        terms: Terms::default(),
    };
    plan(&office.app, &wish).await.unwrap()
}

async fn commune(office: &Office) -> Scope {
    let mut tx = office.app.store.read().await.unwrap();
    Scope::subtree(&unit::by_id(&mut tx, &office::unit_id("16093")).await.unwrap().path)
}

#[tokio::test]
async fn a_diagnosis_holds_until_prices_change() {
    let office = office::known().await;
    let everything = Scope::everything();
    let before =
        missing(&office.app.store, &everything, &by(&office.app.judge(), &Terms::default())).await.unwrap();
    assert!(before > 0);
    // Without patience one batch is done all the same.
    diagnose(&office.app, &everything, Some(Duration::ZERO), &bar()).await.unwrap();
    assert_eq!(diagnose(&office.app, &everything, None, &bar()).await.unwrap(), 0);
    let mut dearer = office::shipped();
    dearer.prices.digest = "dearer".to_owned();
    office.app.set_judge(dearer);
    assert_eq!(
        missing(&office.app.store, &everything, &by(&office.app.judge(), &Terms::default())).await.unwrap(),
        before
    );
}

#[tokio::test]
async fn a_trial_is_diagnosed_beside_its_page() {
    let office = office::known().await;
    let (everything, terms) = (Scope::everything(), Terms { percent: 10, ..Terms::default() });
    let judge = terms.judge(&office.app).await.unwrap().unwrap();
    let look = async |patience: Duration| {
        beside::diagnose(&office.app, (&terms, &judge), &everything, patience).await.unwrap()
    };
    let Some(beside::Progress { done, all }) = look(Duration::ZERO).await else { panic!("nobody waits") };
    assert!(all > 0 && done <= all);
    assert_eq!(office.app.rounds.busy(), [terms.key()]);
    assert_eq!(look(Duration::from_secs(600)).await, None, "who looks again waits for the same round");
    assert_eq!(look(Duration::ZERO).await, None, "and then it is done");
    assert!(office.app.rounds.busy().is_empty());
    let in_force = by(&office.app.judge(), &Terms::default());
    assert_eq!(
        missing(&office.app.store, &everything, &in_force).await.unwrap(),
        all,
        "which it does not touch"
    );
}

#[tokio::test]
async fn what_is_in_force_is_diagnosed_beside_its_page_too() {
    let office = office::known().await;
    let (everything, terms) = (Scope::everything(), Terms::default());
    let look = async |patience: Duration| {
        beside::diagnose(&office.app, (&terms, &office.app.judge()), &everything, patience).await.unwrap()
    };
    let Some(first) = look(Duration::ZERO).await else { panic!("nobody waits") };
    assert_eq!(look(Duration::from_secs(600)).await, None);
    let mut dearer = office::shipped();
    dearer.prices.digest = "dearer".to_owned();
    office.app.set_judge(dearer);
    let Some(again) = look(Duration::ZERO).await else { panic!("nobody waits for other prices") };
    assert_eq!(again.all, first.all);
    assert_eq!(look(Duration::from_secs(600)).await, None);
    let in_force = by(&office.app.judge(), &terms);
    assert_eq!(missing(&office.app.store, &everything, &in_force).await.unwrap(), 0);
}

#[tokio::test]
async fn the_same_office_gives_the_same_plan_within_its_budget() {
    let office = office::known().await;
    diagnose(&office.app, &Scope::everything(), None, &bar()).await.unwrap();
    let whole = plan_of(&office, Scope::everything(), &[]).await;
    assert!(whole.plan.lines.iter().any(|line| line.machine.is_some()), "machines that are to be mended");
    assert!(whole.plan.lines.iter().all(|line| line.year == Some(0)));
    assert!(whole.plan.counts.seats_assumed > 0, "nobody counted the seats");
    let need = whole.plan.years[0].spent;
    let half = plan_of(&office, Scope::everything(), &[need / 2]).await;
    let year = half.plan.years[0];
    assert!(year.spent <= need / 2 && year.points == year.points_bound, "{year:?}");
    assert!(half.plan.lines.len() == whole.plan.lines.len(), "nothing is dropped");
    assert_eq!(half.plan, plan_of(&office, Scope::everything(), &[need / 2]).await.plan);

    // Who looks at one commune sees no other.
    let here = plan_of(&office, commune(&office).await, &[]).await;
    assert!(here.units.iter().all(|unit| unit.code.starts_with("16093")));
    assert!(here.machines.len() < whole.machines.len());
}

#[tokio::test]
async fn seats_are_counted_and_shared_devices_with_the_commune() {
    let office = office::known().await;
    diagnose(&office.app, &Scope::everything(), None, &bar()).await.unwrap();
    let mut tx = office.app.store.begin().await.unwrap();
    let csv = "unit_code,role,count\n16093-VP,officer,40\n16093-HCC,counter,5\n";
    let read = seats::parse(english("seats.csv"), csv.as_bytes()).unwrap();
    let reckoned = seats::reckon(&mut tx, &Scope::everything(), &read).await.unwrap().unwrap();
    assert_eq!((reckoned.units, reckoned.changes.len(), reckoned.seats), (2, 2, 45));
    seats::apply(&mut tx, "seats.csv", &reckoned, ("an", office::now())).await.unwrap();
    let again = seats::reckon(&mut tx, &Scope::everything(), &read).await.unwrap().unwrap();
    assert_eq!(again.changes, []);
    tx.commit().await.unwrap();

    let planned = plan_of(&office, commune(&office).await, &[]).await;
    let lines = &planned.plan.lines;
    assert!(planned.plan.counts.seats >= 45);
    let empty = lines.iter().filter(|line| matches!(line.why, Why::Empty { seats: 40, .. })).count();
    assert!(empty > 20, "{empty} seats without a machine");
    let short = |item: &str| {
        let of = |line: &&plan::Line| matches!(line.why, Why::Short { .. }) && line.purchases[0].item == item;
        lines.iter().find(of).map(|line| line.why.clone())
    };
    // 45 seats of specialists and those of the rest of the commune, a printer for three, a scanner for fifteen.
    let Some(Why::Short { needed, .. }) = short("printer") else { panic!("no printer is short") };
    assert_eq!(needed, planned.plan.counts.seats.div_ceil(3));
    assert!(
        lines
            .iter()
            .filter(|line| line.seats == 0)
            .all(|line| { planned.units[line.unit].code == "16093" && line.means == Means::Buy })
    );
}

#[tokio::test]
async fn the_annexes_are_a_workbook_with_numbers() {
    let office = office::known().await;
    diagnose(&office.app, &Scope::everything(), None, &bar()).await.unwrap();
    let need = plan_of(&office, Scope::everything(), &[]).await.plan.years[0].spent;
    let planned = plan_of(&office, Scope::everything(), &[need / 2]).await;
    let bytes = annex::workbook("Tỉnh Thanh Hóa", &planned).unwrap();
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    assert_eq!(book.sheet_names(), ["P1 Dự trù", "P1 Kinh phí", "P3 Mua sắm", "Việc cần làm", "Chưa bố trí"]);
    let sheet = book.worksheet_range("P3 Mua sắm").unwrap();
    let header: Vec<String> = sheet.rows().nth(6).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(header[..6], ["STT", "Tên thiết bị", "ĐVT", "Số lượng", "Đơn giá", "Thành tiền"]);
    let amounts = sheet.rows().skip(7).filter_map(|row| match (&row[0], &row[5]) {
        (Data::Float(_), Data::Float(amount)) => Some(*amount),
        _ => None,
    });
    assert_eq!(amounts.sum::<f64>() as i64, planned.plan.years[0].spent, "what is bought is what is spent");
    // The numbers of rows stand in the first column.
    let mut lines = |sheet: &str| {
        let range = book.worksheet_range(sheet).unwrap();
        range.rows().skip(7).filter(|row| matches!(row[0], Data::Float(_))).count()
    };
    assert_eq!(lines("Việc cần làm") + lines("Chưa bố trí"), planned.plan.lines.len());
    let mut sums = |sheet: &str, column: usize| {
        let range = book.worksheet_range(sheet).unwrap();
        let sum = range.rows().find(|row| row[1] == Data::String("Cộng".to_owned())).unwrap()[column].clone();
        let Data::Float(sum) = sum else { panic!("{sum:?}: the sum has its result") };
        sum as i64
    };
    assert_eq!(sums("P3 Mua sắm", 5), planned.plan.years[0].spent);
    assert_eq!(sums("P1 Kinh phí", 16), planned.plan.years[0].spent);
    let text = |sheet: &str, book: &mut Xlsx<Cursor<Vec<u8>>>| {
        let range = book.worksheet_range(sheet).unwrap();
        range
            .rows()
            .map(|row| row.iter().map(ToString::to_string).collect::<Vec<_>>().join("|"))
            .collect::<Vec<_>>()
    };
    let purchases = text("P3 Mua sắm", &mut book);
    let words = format!("Bằng chữ: {}.", amount::in_words(planned.plan.years[0].spent));
    assert!(purchases.iter().any(|row| row.starts_with(&words)));
    assert!(purchases[7].contains("|Ngân sách tỉnh|"), "{}", purchases[7]);
    let agencies = text("P1 Dự trù", &mut book);
    let columns = "Máy tính|Máy in|Máy scan|Bộ VCS|Phần mềm bản quyền|Tường lửa|Switch|Wi-Fi|Kênh Internet|Kênh TSLCD|Âm thanh, ánh sáng|Camera|Màn hình LED|Thiết bị khác";
    assert_eq!(agencies[6], format!("STT|Đơn vị|{columns}"), "the columns 3 to 16 of the calculator");
    assert!(agencies[7].starts_with("(1)|(2)|(3)|"));
}

#[tokio::test]
async fn wishes_become_lines_and_stand_in_their_columns() {
    let office = office::known().await;
    let csv = "unit_code,item,count,have,price\n16093,internet-line,2,0,2000000\n16093,firewall,1,0,\n\
               16093,wifi,3,3,\n";
    let prices = &office.app.judge().prices;
    let read = wishes::parse(english("w.csv"), csv.as_bytes(), prices).unwrap();
    let mut tx = office.app.store.begin().await.unwrap();
    let everything = Scope::everything();
    let reckoned = wishes::reckon(&mut tx, &everything, &read).await.unwrap().unwrap();
    assert_eq!((reckoned.units, reckoned.wishes), (1, 3));
    wishes::apply(&mut tx, "w.csv", &reckoned, ("an", office::now())).await.unwrap();
    let other = "unit_code,item,count,have,price\n16093,internet-line,2,0,2000000\n16093,firewall,2,0,\n";
    let other = wishes::parse(english("w.csv"), other.as_bytes(), prices).unwrap();
    let told = wishes::reckon(&mut tx, &everything, &other).await.unwrap().unwrap();
    assert_eq!(told.changes[0].told(), "16093: firewall 1 → 2; loses wifi 3 (− 3)");
    let unknown = wishes::parse(english("w.csv"), b"unit_code,item,count\n99,wifi,x\n", prices).unwrap();
    let told = wishes::reckon(&mut tx, &everything, &unknown).await.unwrap().unwrap_err();
    assert_eq!(
        told,
        [
            "w.csv:2:1: there is no unit with the code 99",
            "w.csv:2:3: “x” is no number of devices: it is from 0 to 10000"
        ]
    );
    tx.commit().await.unwrap();
    let planned = plan_of(&office, commune(&office).await, &[]).await;
    let wished: Vec<_> =
        planned.plan.lines.iter().filter(|line| matches!(line.why, Why::Wished { .. })).collect();
    let told: Vec<_> = wished.iter().map(|line| (line.means, line.purchases[0].count, line.cost)).collect();
    assert_eq!(told, [(Means::Buy, 1, Some(45_000_000)), (Means::Rent, 24, Some(48_000_000))]);
    let bytes = annex::workbook("Xã", &planned).unwrap();
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    let row = |book: &mut Xlsx<_>, sheet: &str| {
        book.worksheet_range(sheet).unwrap().rows().nth(8).unwrap().to_vec()
    };
    let (counts, amounts) = (row(&mut book, "P1 Dự trù"), row(&mut book, "P1 Kinh phí"));
    assert_eq!((&counts[7], &counts[10]), (&Data::Float(1.0), &Data::Float(2.0)), "a firewall, two lines");
    assert_eq!((&amounts[7], &amounts[10]), (&Data::Float(45e6), &Data::Float(48e6)));
}

/// Who declares that there is no firewall gets one planned, by the rule about units, until somebody says that it is there.
#[tokio::test]
async fn what_a_unit_declares_missing_is_planned() {
    let office = office::known().await;
    let declare = async |fact: &str, value: &str, minute: i64| {
        let at = office::now() + jiff::SignedDuration::from_mins(minute);
        let unit = office::unit_id("16093");
        let sheet = Sheet { unit: &unit, declared_on: day(office::now()), declared_by: "an", note: "" };
        let mut tx = office.app.store.begin().await.unwrap();
        declaration::add(&mut tx, sheet, fact, value, at).await.unwrap();
        tx.commit().await.unwrap();
    };
    let told = async || {
        let planned = plan_of(&office, commune(&office).await, &[]).await;
        let lines = planned.plan.lines.iter().filter_map(|line| match &line.why {
            Why::Fails(lacks) if line.machine.is_none() => {
                Some((lacks.rules.join(" "), line.purchases[0].item.clone(), line.cost))
            }
            _ => None,
        });
        lines.collect::<Vec<_>>()
    };
    assert_eq!(told().await, [], "nobody declared anything");
    declare("firewall", "false", 0).await;
    declare("tslcd", "false", 0).await;
    let of = |rule: &str, item: &str, cost| (rule.to_owned(), item.to_owned(), Some(cost));
    let line = of("tslcd-line", "tslcd-line", 12 * 3_000_000);
    assert_eq!(told().await, [line.clone(), of("org-firewall", "firewall", 45_000_000)]);
    declare("firewall", "true", 1).await;
    assert_eq!(told().await, [line]);
    // Without a budget, over three years: all begins in the first, the line is paid in each.
    let scope = commune(&office).await;
    let (norm, fund, terms) = (None, String::new(), Terms::default());
    let wish = Wish { scope, norm, fund, budgets: Vec::new(), years: 3, terms };
    let plan = plan(&office.app, &wish).await.unwrap().plan;
    let rented = plan.lines.iter().find(|line| line.means == Means::Rent).unwrap();
    assert_eq!((plan.years.len(), plan.cost_of(rented)), (3, 3 * 36_000_000));
    assert_eq!(plan.years[2].spent, 36_000_000);
    let all: i64 = plan.lines.iter().map(|line| plan.cost_of(line)).sum();
    assert_eq!(plan.years.iter().map(|year| year.spent).sum::<i64>(), all);
}

/// Takes a file of rooms and of the register in.
async fn place(office: &Office, csv: &str) {
    let read = rooms::parse(english("r.csv"), csv.as_bytes()).unwrap();
    let mut tx = office.app.store.begin().await.unwrap();
    let reckoned = rooms::reckon(&mut tx, &Scope::everything(), &read).await.unwrap().unwrap();
    rooms::apply(&mut tx, "r.csv", &reckoned, ("an", office::now())).await.unwrap();
    tx.commit().await.unwrap();
}

/// What the asset register says of the age of a machine comes before what its firmware says.
#[tokio::test]
async fn the_register_knows_best_how_old_a_machine_is() {
    let office = office::known().await;
    diagnose(&office.app, &Scope::everything(), None, &bar()).await.unwrap();
    let one = office::machine_id(1);
    let age = async || {
        let planned = plan_of(&office, Scope::everything(), &[]).await;
        planned.machines.iter().find(|machine| machine.id == one).unwrap().age_years
    };
    let before = age().await;
    let text = format!("machine,register_date\n{one},21/11/2009\n");
    place(&office, &text).await;
    assert_eq!(age().await, Some(17));
    assert_ne!(before, Some(17));
}

#[tokio::test]
async fn the_present_state_is_a_workbook() {
    let office = office::known().await;
    let text = format!(
        "machine,room,responsible,purpose,register_number,register_date,warranty_end\n\
         {},203,Nguyễn Văn An,Một cửa,TS-01,31/12/2019,2027-06-30\n",
        office::machine_id(1)
    );
    place(&office, &text).await;
    diagnose(&office.app, &Scope::everything(), None, &bar()).await.unwrap();
    let planned = plan_of(&office, Scope::everything(), &[]).await;
    let inventory = inventory::take(&office.app, &Scope::everything(), &bar()).await.unwrap();
    let bytes = annex::state("Tỉnh Thanh Hóa", &planned, &inventory, annex::Part::ALL).unwrap();
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    assert_eq!(book.sheet_names(), ["P2 Khảo sát", "P4 Cấp độ 2", "P5 Phần cứng", "P5 Phần mềm"]);
    let mut rows = |sheet: &str| {
        let range = book.worksheet_range(sheet).unwrap();
        let rows = range.rows().skip(7).filter(|row| matches!(row[0], Data::Float(_)));
        rows.map(<[Data]>::to_vec).collect::<Vec<_>>()
    };
    let hardware = rows("P5 Phần cứng");
    assert_eq!(hardware.len(), inventory.hardware.len());
    let told = |row: &[Data], column: usize| row[column].to_string();
    let one = hardware.iter().find(|row| told(row, 13) == "Nguyễn Văn An").unwrap();
    assert!(told(one, 9).ends_with(", phòng 203") && told(one, 11) == "Một cửa", "{one:?}");
    assert!(told(one, 12).starts_with("Đang dùng; ") && told(one, 14) == "TS-01", "{one:?}");
    assert!(matches!((&one[8], &one[15]), (Data::DateTime(_), Data::DateTime(_))), "days are days: {one:?}");
    assert!(hardware.iter().any(|row| row[13] == Data::Empty && row[8] == Data::Empty), "what nobody said");
    let software = rows("P5 Phần mềm");
    assert_eq!(software.len(), inventory.software.len());
    let system = software.iter().find(|row| told(row, 4) == "Hệ điều hành").unwrap();
    assert!(matches!(system[5], Data::DateTime(_)), "{system:?}");
    assert!(software.iter().all(|row| row[8] == Data::Empty), "no PC of this office told of an activation");
    assert!(software.iter().all(|row| row[7] != Data::Empty));
    let checks = rows("P4 Cấp độ 2");
    assert_eq!(checks.len(), inventory.checks.len());
    assert!(checks.iter().all(|row| row[1].to_string().starts_with("4.")
        || row[1] == Data::Empty
        || matches!(&row[1], Data::String(text) if text == "chưa xác minh")));
    let machines: f64 = rows("P2 Khảo sát")
        .iter()
        .filter_map(|row| if let Data::Float(count) = row[3] { Some(count) } else { None })
        .sum();
    let counted = planned.machines.iter().filter(|machine| machine.role != Role::Server).count();
    assert_eq!(machines as usize, counted);
}
