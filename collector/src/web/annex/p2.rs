//! P2: the survey form of the present state, an agency in a row. Devices that no machine sees are those that units
//! declare, and lines and devices in the network those of the survey; the rest is empty until a person fills it in.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use rules::assess::Role;
use rules::plan::{Devices, Fitness, devices};
use rust_xlsxwriter::Workbook;
use serde_json::Value as Json;

use super::{Cell, Column, Head, Looks, Sheet, number, text};
use crate::inventory::{Inventory, Licensed};
use crate::planning::Planned;

const COLUMNS: &[Column] = &[
    ("STT", 6.0),
    ("Đơn vị", 30.0),
    ("I.3 + I.5 Số CBCCVC (chỗ làm việc)", 12.0),
    ("II.1 Máy tính hiện có", 10.0),
    ("Trong đó dùng được", 10.0),
    ("Không rõ", 8.0),
    ("II.1 Máy có bản quyền Windows", 11.0),
    ("II.1 Máy có bản quyền bộ văn phòng", 11.0),
    ("II.2 Máy in", 8.0),
    ("II.2 Máy scan", 8.0),
    ("II.3.2 Băng thông Internet (Mb/s)", 12.0),
    ("II.3.3 Băng thông TSLCD (Mb/s)", 12.0),
    ("II.3.4 Switch", 8.0),
    ("II.3.4 Wi-Fi", 8.0),
    ("II.3.7 Thiết bị bảo mật", 9.0),
    ("II.4 Bộ VCS", 8.0),
    ("II.5 Màn hình LED", 9.0),
    ("VI Khác", 20.0),
];

/// What an agency has of machines.
#[derive(Default)]
struct Machines {
    all: usize,
    usable: usize,
    unknown: usize,
}

pub(super) fn write(
    book: &mut Workbook,
    looks: &Looks,
    head: &Head<'_>,
    planned: &Planned,
    inventory: &Inventory,
) -> Result<()> {
    let title = ("P2 Khảo sát", "PHIẾU KHẢO SÁT HIỆN TRẠNG CÔNG NGHỆ THÔNG TIN CẤP XÃ");
    let mut sheet = Sheet::begin(book, looks, title, head, COLUMNS)?;
    let agency = |unit: usize| planned.units.get(unit).map_or(unit, |unit| unit.agency);
    let mut machines: BTreeMap<usize, Machines> = BTreeMap::new();
    let judged = planned.machines.iter().zip(&planned.fitness);
    for (machine, fitness) in judged.filter(|(machine, _)| machine.role != Role::Server) {
        let counted = machines.entry(agency(machine.unit)).or_default();
        counted.all += 1;
        match fitness {
            Fitness::Ready | Fitness::Mendable => counted.usable += 1,
            Fitness::Unknown => counted.unknown += 1,
            Fitness::Spent => {}
        }
    }
    let mut posts: BTreeMap<usize, usize> = BTreeMap::new();
    for seats in planned.seats.iter().filter(|seats| seats.role != Role::Server) {
        *posts.entry(agency(seats.unit)).or_default() += seats.count as usize;
    }
    let mut declared: BTreeMap<(usize, &str), usize> = BTreeMap::new();
    for wish in &planned.wishes {
        *declared.entry((agency(wish.unit), wish.item.as_str())).or_default() += wish.have as usize;
    }
    let mut licensed: BTreeMap<usize, Licensed> = BTreeMap::new();
    for (index, id) in planned.unit_ids.iter().enumerate() {
        if let Some(here) = inventory.licensed.get(id) {
            licensed.entry(agency(index)).or_default().add(*here);
        }
    }
    let devices = devices(&planned.units, &planned.machines);
    let known = declared.keys().map(|(agency, _)| agency);
    let surveyed = planned.unit_ids.iter().enumerate();
    let surveyed = surveyed.filter(|(_, id)| inventory.declared.contains_key(*id)).map(|(index, _)| index);
    let known: BTreeSet<usize> = known.copied().chain(surveyed).collect();
    let agencies: BTreeSet<usize> = machines.keys().chain(posts.keys()).copied().chain(known).collect();
    for (index, agency) in agencies.into_iter().enumerate() {
        let none = Machines::default();
        let counted = machines.get(&agency).unwrap_or(&none);
        let licences = licensed.get(&agency).copied().unwrap_or_default();
        let Devices { printers, scanners } = devices.get(&agency).copied().unwrap_or_default();
        let declared = |item: &str| declared.get(&(agency, item)).copied();
        let surveyed = planned.unit_ids.get(agency).and_then(|id| inventory.declared.get(id));
        let answer = |fact: &str| surveyed.and_then(|facts| facts.get(fact));
        let bandwidth = |fact: &str| answer(fact).and_then(Json::as_i64).map_or(Cell::Empty, Cell::Number);
        // How many there are says more than whether there are any.
        let told = |item: &str, fact: &str| match (declared(item), answer(fact).and_then(Json::as_bool)) {
            (Some(count), _) => number(count),
            (None, Some(true)) => Cell::Some,
            (None, Some(false)) => text("Không"),
            (None, None) => Cell::Empty,
        };
        let most = |seen: u32, item: &str| number((seen as usize).max(declared(item).unwrap_or(0)));
        sheet.line(&[
            number(index + 1),
            text(planned.units.get(agency).map_or("", |unit| &unit.name)),
            posts.get(&agency).copied().map_or(Cell::Empty, number),
            number(counted.all),
            number(counted.usable),
            number(counted.unknown),
            number(licences.windows),
            number(licences.office),
            most(printers, "printer"),
            most(scanners, "scanner"),
            bandwidth("internet_mbps"),
            match answer("tslcd").and_then(Json::as_bool) {
                Some(false) => Cell::Number(0),
                Some(true) | None => bandwidth("tslcd_mbps"),
            },
            told("switch", "managed_switch"),
            told("wifi", "wifi"),
            told("firewall", "firewall"),
            told("video-conference", "video_conference"),
            told("led-screen", ""),
            Cell::Empty,
        ])?;
    }
    sheet.sums(&[2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15, 16])?;
    sheet.note("“Có”: không rõ số lượng, khi cộng tính là một. Ô trống: chưa khai báo.")?;
    sheet.close()
}
