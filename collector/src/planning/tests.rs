//! Plans of the known office.

use std::io::Cursor;

use calamine::{Data, Reader as _, Xlsx};
use rules::plan::{Means, Why};

use super::*;
use crate::seats;
use crate::web::annex;
use crate::web::office::{self, Office};

fn bar() -> ProgressBar {
    ProgressBar::hidden()
}

async fn plan_of(office: &Office, scope: Scope, budgets: &[i64]) -> Planned {
    let wish = Wish { scope, norm: None, budgets: budgets.to_vec() };
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
    let before = missing(&office.app.store, &everything, &office.app.judge()).await.unwrap();
    assert!(before > 0);
    // Without patience one batch is done all the same.
    diagnose(&office.app, &everything, Some(Duration::ZERO), &bar()).await.unwrap();
    assert_eq!(diagnose(&office.app, &everything, None, &bar()).await.unwrap(), 0);
    let mut dearer = office::shipped();
    dearer.prices.digest = "dearer".to_owned();
    office.app.set_judge(dearer);
    assert_eq!(missing(&office.app.store, &everything, &office.app.judge()).await.unwrap(), before);
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
    let rows = seats::parse("seats.csv", csv.as_bytes()).unwrap();
    let imported = seats::import(&mut tx, "seats.csv", &rows).await.unwrap().unwrap();
    assert_eq!((imported.units, imported.changed, imported.seats), (2, 2, 45));
    let again = seats::import(&mut tx, "seats.csv", &rows).await.unwrap().unwrap();
    assert_eq!(again.changed, 0);
    let unknown = seats::parse("seats.csv", b"unit_code,role,count\n99,clerk,1\n").unwrap();
    let complaints = seats::import(&mut tx, "seats.csv", &unknown).await.unwrap().unwrap_err();
    assert_eq!(complaints, ["seats.csv:2:1: there is no unit with the code 99"]);
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
    assert_eq!(book.sheet_names(), ["P1 Dự trù", "P3 Mua sắm", "Việc cần làm", "Chưa bố trí"]);
    let sheet = book.worksheet_range("P3 Mua sắm").unwrap();
    let header: Vec<String> = sheet.rows().nth(6).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(header[..6], ["STT", "Tên thiết bị", "ĐVT", "Số lượng", "Đơn giá", "Thành tiền"]);
    let amounts = sheet.rows().skip(7).filter_map(|row| match (&row[0], &row[5]) {
        (Data::Float(_), Data::Float(amount)) => Some(*amount),
        _ => None,
    });
    assert_eq!(amounts.sum::<f64>() as i64, planned.plan.years[0].spent, "what is bought is what is spent");
    let work = book.worksheet_range("Việc cần làm").unwrap();
    let left = book.worksheet_range("Chưa bố trí").unwrap();
    // The head, the titles, and the sums stand around the lines.
    assert_eq!(work.height() + left.height(), planned.plan.lines.len() + 2 * 8);
}
