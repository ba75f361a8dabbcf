//! Licences of Microsoft's products, as Windows keeps them. Used by the probes of the system and of office work.
//!
//! From WMI, which needs no administrator and some seconds: all licences that a product could have are looked through.
//! Of a licence only numbers and codes are read. Codes of channels are not translated.

use rules::fact::{Fact, Reason};
use rules::facts::os::Activation;

use super::rows;
use crate::host::answers::{Query, Row};
use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::{fact, fact_or_unsupported};

/// Where licences are kept, and by whom.
pub(super) const WINDOWS: &str = "SoftwareLicensingProduct";
pub(super) const OFFICE: &str = "OfficeSoftwareProtectionProduct";

/// The licences of one application for which a key was put in, by the GUID of the application.
pub(super) fn licences(host: &dyn Host, class: &str, application: &str) -> Answer<Vec<Row>> {
    host.wmi(&Query {
        namespace: r"ROOT\CIMV2",
        class,
        // Windows 7 lacks the last column.
        columns: &["ID", "Name", "Description", "LicenseStatus", "LicenseIsAddon", "ProductKeyChannel"],
        filter: &format!("ApplicationId = '{application}' AND PartialProductKey IS NOT NULL"),
    })
}

/// How the licence stands (slpublic.h, SLLICENSINGSTATUS, and what Windows adds to it): 0 unlicensed, 1 licensed,
/// 2 grace after the installation, 3 grace after a change of hardware, 4 found not genuine, 5 notification, 6 grace
/// prolonged.
pub(super) fn activation(row: &Row) -> Result<Activation, Trouble> {
    match rows::number(row, "LicenseStatus")? {
        Some(1) => Ok(Activation::Licensed),
        Some(2 | 3 | 6) => Ok(Activation::Grace),
        Some(0 | 4 | 5) => Ok(Activation::Unlicensed),
        other => Err(Trouble::Failed(format!("LicenseStatus has an unknown value: {other:?}"))),
    }
}

/// How the licence was sold. Windows 7 tells it as a code at the end of the description, and has no column for it.
fn channel(row: &Row) -> Fact<String> {
    const CODES: &[(&str, &str)] = &[
        ("OEM_COA_NSLP", "OEM:NONSLP"),
        ("OEM_COA_SLP", "OEM:COA"),
        ("OEM_DM", "OEM:DM"),
        ("OEM_SLP", "OEM:SLP"),
        ("RETAIL", "Retail"),
        ("VOLUME_KMSCLIENT", "Volume:GVLK"),
        ("VOLUME_MAK", "Volume:MAK"),
        ("TIMEBASED_EVAL", "Retail:TB:Eval"),
    ];
    if row.contains_key("ProductKeyChannel") {
        return fact(rows::text(row, "ProductKeyChannel").map(|channel| channel.map(str::to_owned)));
    }
    fact_or_unsupported(rows::text(row, "Description").map(|description| {
        let words: Vec<&str> = description?.split([' ', ',']).collect();
        CODES.iter().find(|(code, _)| words.contains(code)).map(|(_, channel)| (*channel).to_owned())
    }))
}

/// How these licences stand together, since any one that is good will do, and how the best was sold; none when there
/// are none. One that cannot be read might be better than all others, unless one is good.
pub(super) fn together<'a>(rows: impl Iterator<Item = &'a Row>) -> Option<(Fact<Activation>, Fact<String>)> {
    let mut best: Option<(Activation, &Row)> = None;
    let mut odd = None;
    for row in rows {
        match activation(row) {
            Ok(activation) if best.is_none_or(|(best, _)| activation < best) => {
                best = Some((activation, row));
            }
            Ok(_) => {}
            Err(trouble) => odd = Some(Reason::from(trouble)),
        }
    }
    match (best, odd) {
        (None, None) => None,
        (Some((activation, row)), None) => Some((activation.into(), channel(row))),
        (Some((Activation::Licensed, _)), Some(reason)) => {
            Some((Activation::Licensed.into(), Fact::Unknown(reason)))
        }
        (_, Some(reason)) => Some((Fact::Unknown(reason.clone()), Fact::Unknown(reason))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::answers::Cell;

    fn row(columns: &[(&str, Cell)]) -> Row {
        columns.iter().map(|(name, cell)| ((*name).to_owned(), cell.clone())).collect()
    }

    fn said(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }

    #[test]
    fn channels_of_old_and_new_windows() {
        let known = |text: &str| Fact::Known(text.to_owned());
        let new = row(&[("ProductKeyChannel", said("OEM:DM")), ("Description", said("x, RETAIL channel"))]);
        assert_eq!(channel(&new), known("OEM:DM"));
        let old = row(&[("Description", said("Windows Operating System - Windows(R) 7, OEM_SLP channel"))]);
        assert_eq!(channel(&old), known("OEM:SLP"));
        let none = row(&[("Description", said("RETAILER")), ("ProductKeyChannel", Cell::Null)]);
        assert_eq!(channel(&none), Fact::Absent);
        let odd = row(&[("ProductKeyChannel", Cell::Number(7))]);
        assert_eq!(channel(&odd), Fact::failed("ProductKeyChannel is no text: Number(7)"));
        assert_eq!(channel(&row(&[("Description", said("RETAILER"))])), Fact::Unknown(Reason::NotSupported));
        assert_eq!(channel(&row(&[])), Fact::failed("WMI tells no Description"));
    }

    #[test]
    fn the_best_licence_counts() {
        let of =
            |status| row(&[("LicenseStatus", Cell::Number(status)), ("ProductKeyChannel", said("Retail"))]);
        let check = |rows: &[Row]| together(rows.iter());
        let retail = || Fact::Known("Retail".to_owned());
        assert_eq!(check(&[]), None);
        assert_eq!(check(&[of(5), of(6)]), Some((Activation::Grace.into(), retail())));
        // One that cannot be read might be the good one.
        let odd = || Fact::<Activation>::failed("LicenseStatus has an unknown value: Some(77)");
        assert_eq!(check(&[of(5), of(77)]).map(|told| told.0), Some(odd()));
        assert_eq!(check(&[of(77), of(1)]).map(|told| told.0), Some(Activation::Licensed.into()));
        assert_eq!(
            check(&[of(5), row(&[])]).map(|told| told.0),
            Some(Fact::failed("WMI tells no LicenseStatus"))
        );
    }
}
